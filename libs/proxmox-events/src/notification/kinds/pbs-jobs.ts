import { parseSize } from '../../quantities.ts';
import { readList } from '../labels.ts';
import type { NotificationKind, NotificationReading, NotificationText } from '../notification.ts';
import { linkedHost } from './pbs-link.ts';

/** What the kinds of PBS jobs have in common: a title with the outcome, a label block, and a sentence at its end. */
interface JobShape {
  readonly title: RegExp;
  /** Start of the last sentence: `Garbage collection` in `Garbage collection failed: …`. */
  readonly sentence: string;
  /** Facts of this kind alone. */
  facts(text: NotificationText): Record<string, unknown>;
}

function readJob(text: NotificationText, shape: JobShape): NotificationReading {
  const { title, lines, labels } = text;
  const word = shape.title.exec(title)?.groups?.['outcome'];
  const done = lines.some((line) => line.trim() === `${shape.sentence} successful.`);
  const failedAt = lines.findIndex((line) => line.trimStart().startsWith(`${shape.sentence} failed`));
  const datastore = labels.get('datastore') ?? shape.title.exec(title)?.groups?.['datastore'];
  const jobId = labels.get('job id');
  const error = failedAt < 0 ? undefined : errorFrom(lines, failedAt, shape.sentence);
  const host = linkedHost(lines);
  const failed = word === 'failed' || failedAt >= 0;
  return {
    ...(word === undefined && !failed && !done ? {} : { outcome: failed ? 'failed' : 'succeeded' }),
    evidence: labels.has('datastore') && (done || failedAt >= 0),
    ...(host === undefined ? {} : { node: host }),
    ...(datastore === undefined ? {} : { storage: datastore }),
    facts: {
      ...(datastore === undefined ? {} : { datastore }),
      ...(jobId === undefined || jobId === '' ? {} : { job_id: jobId }),
      ...(error === undefined ? {} : { error }),
      ...shape.facts(text),
    },
  };
}

/** The text after `… failed: `, up to the closing link; it may span lines. */
function errorFrom(lines: readonly string[], at: number, sentence: string): string | undefined {
  const first = lines[at]?.trimStart().slice(`${sentence} failed`.length) ?? '';
  if (!first.startsWith(':')) return undefined;
  const rest: string[] = [];
  for (const line of lines.slice(at + 1)) {
    if (line.trim() === '' || line.startsWith('Please visit the web interface')) break;
    rest.push(line.trimEnd());
  }
  const error = [first.slice(1), ...rest].join('\n').trim();
  return error === '' ? undefined : error;
}

function recogniser({
  title,
  sentence,
}: Pick<JobShape, 'title' | 'sentence'>): NotificationKind['recognises'] {
  return (text) =>
    title.test(text.title) ||
    (text.title === '' &&
      text.labels.has('datastore') &&
      text.lines.some((line) => line.trimStart().startsWith(sentence)));
}

function jobKind(kind: Pick<NotificationKind, 'name' | 'family'> & JobShape): NotificationKind {
  const { name, family } = kind;
  return {
    name,
    product: 'pbs',
    ...(family === undefined ? {} : { family }),
    recognises: recogniser(kind),
    read: (text) => readJob(text, kind),
  };
}

/** Garbage collection of a datastore, scheduled or by hand. */
export const gc: NotificationKind = (() => {
  const kind = jobKind({
    name: 'gc',
    family: 'backup.gc',
    title: /^Garbage Collect Datastore '(?<datastore>[^']{1,100})' (?<outcome>successful|failed)/,
    sentence: 'Garbage collection',
    facts: gcFacts,
  });
  return {
    ...kind,
    read(text) {
      const reading = kind.read(text);
      const upid = text.labels.get('task id');
      return upid === undefined ? reading : { ...reading, upid };
    },
  };
})();

function gcFacts({ labels }: NotificationText): Record<string, unknown> {
  const pending = /^(.{1,40}) \(in (\d{1,18}) chunks\)$/.exec(labels.get('pending removals') ?? '');
  const onDisk =
    /^(.{1,40}?) ?\([\d.]{1,12}%\)$/.exec(labels.get('on-disk usage') ?? '')?.[1] ??
    labels.get('on-disk usage');
  const figures: Record<string, number | undefined> = {
    index_file_count: count(labels.get('index file count')),
    index_data_bytes: parseSize(labels.get('original data usage') ?? ''),
    disk_bytes: parseSize(onDisk ?? ''),
    disk_chunks: count(labels.get('on-disk chunks')),
    removed_bytes: parseSize(labels.get('removed garbage') ?? ''),
    removed_chunks: count(labels.get('removed chunks')),
    pending_bytes: parseSize(pending?.[1] ?? labels.get('pending removals') ?? ''),
    pending_chunks: count(pending?.[2]),
    removed_bad: count(labels.get('removed bad chunks')),
    still_bad: count(labels.get('leftover bad chunks')),
    dedup_factor: count(labels.get('deduplication factor')),
  };
  return Object.fromEntries(Object.entries(figures).filter(([, figure]) => figure !== undefined));
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}(?:\.\d{1,6})?$/.test(text) ? Number(text) : undefined;
}

/** Verification jobs (not verifications by hand, which send nothing). */
export const verify = jobKind({
  name: 'verify',
  family: 'backup.verify',
  title: /^Verify Datastore '(?<datastore>[^']{1,100})' (?<outcome>successful|failed)/,
  sentence: 'Verification',
  facts({ lines }) {
    const at = lines.findIndex((line) =>
      line.trim().startsWith('Verification failed on these snapshots/groups:'),
    );
    return at < 0 ? {} : { failed: readList(lines, at) };
  },
});

/** Prune jobs. */
export const prune = jobKind({
  name: 'prune',
  family: 'backup.prune',
  title: /^Pruning datastore '(?<datastore>[^']{1,100})' (?<outcome>successful|failed)/,
  sentence: 'Pruning',
  facts: () => ({}),
});

// The store in a sync title is the source's; the target is in the label block alone, so the title names no `datastore` group.
const SYNC_TITLE =
  /^Sync (?:remote '[^']{0,100}'|local) datastore '[^']{1,100}' (?<outcome>successful|failed)/;

/** Sync jobs, from a remote or between two datastores of one PBS. */
export const sync = jobKind({
  name: 'sync',
  family: 'backup.sync',
  title: SYNC_TITLE,
  sentence: 'Synchronization',
  facts({ title, labels }) {
    const named = /^Sync (?:remote '([^']{0,100})'|local) datastore '([^']{1,100})'/.exec(title);
    const local = labels.get('local source store');
    const remoteStore = labels.get('remote store') ?? local ?? named?.[2];
    const remote = labels.get('remote') ?? (local === undefined ? named?.[1] : undefined);
    return {
      ...(remote === undefined && local === undefined && named === null ? {} : { remote: remote ?? null }),
      ...(remoteStore === undefined ? {} : { remote_datastore: remoteStore }),
    };
  },
});
