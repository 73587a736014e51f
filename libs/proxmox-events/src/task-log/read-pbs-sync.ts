import { oneLine } from '../text.ts';
import { parseSize } from '../quantities.ts';
import { present, type LogReading } from './log-reading.ts';

const MAX_GROUPS = 1_000;

/** Reads the log of a sync job, before and after the snapshot prefixes of PBS 4.2. */
export function readPbsSync(texts: readonly string[]): LogReading {
  const failed: string[] = [];
  const failures: Record<string, string> = {};
  const facts: Record<string, unknown> = {};
  let groups: number | undefined;
  let percent: number | undefined;
  for (const text of texts) {
    const job = /^Starting datastore sync job '([^']{1,400})'$/.exec(text)?.[1];
    if (job !== undefined) Object.assign(facts, jobParts(job));
    const from = /^sync datastore '([^']{1,100})' from '([^']{1,200})'$/.exec(text);
    if (from) {
      facts['datastore'] = from[1];
      const [remote = '', store] = (from[2] ?? '').split('/');
      Object.assign(
        facts,
        store === undefined
          ? { remote: null, remote_datastore: remote }
          : { remote, remote_datastore: store },
      );
    }
    const found = /^[Ff]ound (\d{1,9}) groups to sync/.exec(text)?.[1];
    if (found !== undefined) groups = (groups ?? 0) + Number(found);
    const done = /^percentage done: (\d{1,3}(?:\.\d{1,4})?)%/.exec(text)?.[1];
    if (done !== undefined) percent = Number(done);
    const failure = /^sync group (\S{1,300}) failed - /.exec(text);
    if (failure && failed.length < MAX_GROUPS) {
      failed.push(failure[1] ?? '');
      failures[failure[1] ?? ''] = oneLine(text.slice(failure[0].length), 500);
    }
    if (text.startsWith('Summary: sync job found no new data')) {
      facts['transferred_bytes'] = 0;
      facts['chunks'] = 0;
    }
    const summary = /^Summary: sync job (?:pulled|pushed) (.{1,40}) in (\d{1,15}) chunks/.exec(text);
    if (summary) {
      facts['transferred_bytes'] = parseSize(summary[1] ?? '');
      facts['chunks'] = Number(summary[2]);
    }
  }
  return {
    storage: typeof facts['datastore'] === 'string' ? facts['datastore'] : undefined,
    facts: present({
      ...facts,
      groups_total: groups,
      failed_groups: failed.length > 0 ? failed : undefined,
      group_errors: failed.length > 0 ? failures : undefined,
    }),
    progress: { facts: present({ percent, groups_total: groups }) },
  };
}

/** `remote:remotestore:store:ns:jobid`; a remote of "-" is this very server. */
function jobParts(job: string): Record<string, unknown> {
  const [remote, remoteStore, store, namespace, id] = job.split(':');
  if (id === undefined) return {};
  return {
    remote: remote === '-' ? null : remote,
    remote_datastore: remoteStore,
    datastore: store,
    namespace,
    job_id: id,
  };
}
