import { present, type LogReading } from './log-reading.ts';

const MAX_REMOVED = 1_000;

/** Reads the log of a prune job: what was removed and how much stays. */
export function readPbsPrune(texts: readonly string[]): LogReading {
  const removed: string[] = [];
  let kept = 0;
  let groups = 0;
  let removedCount = 0;
  let jobId: string | undefined;
  let datastore: string | undefined;
  let namespace: string | undefined;
  let dryRun = false;
  for (const text of texts) {
    jobId ??= /^prune job '([^']{1,200})'/.exec(text)?.[1];
    const start =
      /^Starting datastore prune on datastore '([^']{1,100})', (root namespace|namespace '([^']{0,400})')/.exec(
        text,
      );
    if (start) {
      datastore = start[1];
      namespace = start[3] ?? '';
    }
    if (text.startsWith('Pruning group ')) groups += 1;
    const action = /^(would )?(remove|keep)(?: partial| protected)? (\S{1,500})$/.exec(text);
    if (!action) continue;
    dryRun ||= action[1] !== undefined;
    if (action[2] === 'keep') kept += 1;
    else if (++removedCount <= MAX_REMOVED) removed.push(action[3] ?? '');
  }
  return {
    storage: datastore,
    facts: present({
      datastore,
      namespace,
      job_id: jobId,
      removed,
      kept,
      groups,
      removed_count: removedCount > MAX_REMOVED ? removedCount : undefined,
      dry_run: dryRun || undefined,
    }),
  };
}
