import { present, type LogReading } from './log-reading.ts';

const MAX_LISTED = 1_000;

/** Reads the log of a verification: what failed and which chunks are bad. */
export function readPbsVerify(texts: readonly string[]): LogReading {
  const failed: string[] = [];
  const corrupt = new Set<string>();
  let groups: number | undefined;
  let percent: number | undefined;
  let datastore: string | undefined;
  let jobId: string | undefined;
  let errors = 0;
  let listing = false;
  for (const text of texts) {
    if (listing) {
      // The list is indented by a tab; what is not ends it.
      const item = /^\t(\S{1,500})\s*$/.exec(text)?.[1];
      if (item !== undefined) {
        if (failed.length < MAX_LISTED) failed.push(item);
        continue;
      }
      listing = false;
    }
    listing = text.startsWith('Failed to verify the following snapshots');
    const job = /^Starting datastore verify job '([^':]{1,100}):([^']{1,200})'$/.exec(text);
    if (job) [, datastore, jobId] = job;
    datastore ??= /^verify datastore (\S{1,100})$/.exec(text)?.[1];
    const found = /^found (\d{1,9}) groups$/.exec(text)?.[1];
    if (found !== undefined) groups = (groups ?? 0) + Number(found);
    const done = /^percentage done: (\d{1,3}(?:\.\d{1,4})?)%/.exec(text)?.[1];
    if (done !== undefined) percent = Number(done);
    const chunk = /^\s{0,8}(?:corrupted )?chunk ([0-9a-f]{64}) was marked as corrupt/.exec(text)?.[1];
    if (chunk !== undefined && corrupt.size < MAX_LISTED) corrupt.add(chunk);
    const archive = /^\s{0,8}verified .{1,60} in .{1,30} seconds, speed .{1,60} \((\d{1,9}) errors\)$/.exec(
      text,
    )?.[1];
    if (archive !== undefined) errors += Number(archive);
  }
  return {
    storage: datastore,
    facts: present({
      datastore,
      job_id: jobId,
      groups,
      failed: failed.length > 0 ? failed : undefined,
      corrupt_chunks: corrupt.size > 0 ? [...corrupt] : undefined,
      chunk_errors: errors > 0 ? errors : undefined,
    }),
    progress: { facts: present({ percent, groups }) },
  };
}
