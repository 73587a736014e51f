import { guestOfGroup } from '../upid/task-subject.ts';
import { present, type LogReading } from './log-reading.ts';

const START = /^starting new backup on datastore '([^']{1,100})'(?: from (\S{1,100}))?: "([^"]{1,500})"$/;

/** Reads the log of one snapshot's upload: where it went, from whom, and how much. */
export function readPbsBackup(texts: readonly string[]): LogReading {
  let start: RegExpExecArray | null = null;
  let size: number | undefined;
  let uploaded: number | undefined;
  for (const text of texts) {
    start ??= START.exec(text);
    // One block of statistics per archive: the snapshot is their sum.
    const bytes = /^Size: (\d{1,16})$/.exec(text)?.[1];
    if (bytes !== undefined) size = (size ?? 0) + Number(bytes);
    const sent = /^Upload size: (\d{1,16}) /.exec(text)?.[1];
    if (sent !== undefined) uploaded = (uploaded ?? 0) + Number(sent);
  }
  const snapshot = start ? snapshotPath(start[3] ?? '') : undefined;
  return {
    storage: start?.[1],
    guest: snapshot && guestOfGroup(snapshot.type, snapshot.id),
    facts: present({
      datastore: start?.[1],
      namespace: snapshot?.namespace,
      group: snapshot && `${snapshot.type}/${snapshot.id}`,
      backup_time: snapshot?.time,
      client: start?.[2]?.replace(/^::ffff:/, ''),
      size_bytes: size,
      upload_bytes: uploaded,
    }),
  };
}

/** Takes `ns/a/ns/b/vm/101/TIME` apart; `undefined` when it is no snapshot path. */
export function snapshotPath(
  path: string,
): { namespace: string; type: string; id: string; time: string } | undefined {
  const parts = path.split('/');
  const [type = '', id = '', time = ''] = parts.slice(-3);
  if (!/^(?:vm|ct|host)$/.test(type) || id === '' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time))
    return undefined;
  const namespace = parts.slice(0, -3).filter((part, i) => !(i % 2 === 0 && part === 'ns'));
  return { namespace: namespace.join('/'), type, id, time };
}
