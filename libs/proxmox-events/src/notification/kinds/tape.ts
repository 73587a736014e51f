import { parseDuration } from '../../quantities.ts';
import { readList } from '../labels.ts';
import type { NotificationKind, NotificationText } from '../notification.ts';
import { linkedHost } from './pbs-link.ts';

const BACKUP_TITLE = /^Tape Backup (?:'([^']{1,100})' )?datastore '([^']{1,100})' (successful|failed)/;

/** A tape backup job, or one started by hand. */
export const tapeBackup: NotificationKind = {
  name: 'tape-backup',
  product: 'pbs',
  family: 'tape.backup',
  recognises: ({ title, labels }) =>
    BACKUP_TITLE.test(title) || (title === '' && labels.has('tape pool') && labels.has('tape drive')),
  read(text) {
    const { title, lines, labels } = text;
    const named = BACKUP_TITLE.exec(title);
    const done = lines.some((line) => line.trim() === 'Tape Backup successful.');
    const failedLine = lines.find((line) => line.trimStart().startsWith('Tape Backup failed'));
    const failed = named?.[3] === 'failed' || failedLine !== undefined;
    const datastore = labels.get('datastore') ?? named?.[2];
    const host = linkedHost(lines);
    return {
      ...(named === null && !failed && !done ? {} : { outcome: failed ? 'failed' : 'succeeded' }),
      evidence: labels.has('datastore') && (done || failedLine !== undefined),
      ...(host === undefined ? {} : { node: host }),
      ...(datastore === undefined ? {} : { storage: datastore }),
      facts: {
        ...(datastore === undefined ? {} : { datastore }),
        ...defined('job_id', labels.get('job id') ?? named?.[1]),
        ...defined('media_pool', labels.get('tape pool')),
        ...defined('drive', labels.get('tape drive')),
        ...defined('duration_s', parseDuration(labels.get('duration') ?? '')),
        ...listed('tapes', text, 'Used Tapes:'),
        ...listed('snapshots', text, 'Snapshots included:'),
        ...defined('error', failedLine?.trim().replace(/^Tape Backup failed:? ?/, '') || undefined),
      },
    };
  },
};

const LOAD_TITLE = /^Load Media '([^']{1,100})' request for (drive|changer) '([^']{1,100})'/;

/** An operator must put a tape in. */
export const tapeLoad: NotificationKind = {
  name: 'tape-load',
  product: 'pbs',
  type: 'tape.load.requested',
  recognises: ({ title, labels }) =>
    LOAD_TITLE.test(title) ||
    (title === '' && labels.has('media') && (labels.has('drive') || labels.has('changer'))),
  read({ title, lines, labels }) {
    const named = LOAD_TITLE.exec(title);
    const device = labels.has('changer') ? 'changer' : labels.has('drive') ? 'drive' : named?.[2];
    // PBS 2 has no link and says its name instead.
    const host = linkedHost(lines) ?? labels.get('server');
    return {
      evidence: labels.has('media'),
      ...(host === undefined ? {} : { node: host }),
      facts: {
        ...defined('label', labels.get('media') ?? named?.[1]),
        ...defined('device_type', device),
        ...defined('drive', labels.get('changer') ?? labels.get('drive') ?? named?.[3]),
        ...defined('reason', labels.get('error') ?? reasonBelow(lines)),
      },
    };
  },
};

/** PBS 2: `The drive has the wrong or no tape inserted. Error:` and the reason on the next line. */
function reasonBelow(lines: readonly string[]): string | undefined {
  const at = lines.findIndex(
    (line) => line.includes('wrong or no tape') && line.trimEnd().endsWith('Error:'),
  );
  return at < 0 ? undefined : lines[at + 1]?.trim();
}

function defined(key: string, value: string | number | undefined): Record<string, unknown> {
  return value === undefined || value === '' ? {} : { [key]: value };
}

function listed(key: string, { lines }: NotificationText, heading: string): Record<string, unknown> {
  const at = lines.findIndex((line) => line.trim() === heading);
  return at < 0 ? {} : { [key]: readList(lines, at) };
}
