import type { EventDraft } from '@proxmox-mcp/schemas';
import { severityOf } from '../severity.ts';
import type { Outcome } from '../taxonomy.ts';
import { taskSubject } from '../upid/task-subject.ts';
import type { Upid } from '../upid/parse-upid.ts';
import { familyOf } from '../upid/worker-types.ts';
import { outcomeOf } from './outcome.ts';
import { storageInError } from './storage-in-error.ts';

/** How a task ended. */
export interface TaskEnd {
  /** Raw status text; absent where it is not known. */
  readonly status?: string | undefined;
  /** Epoch seconds; the status endpoint of PVE does not tell it. */
  readonly endtime?: number | undefined;
}

/**
 * The event of a task's start, or of its end where `end` is given. Its identity is `<upid>/started` or `<upid>/ended`,
 * whichever list or endpoint told of it.
 *
 * @param noticedAt epoch seconds at which an end was noticed that does not say when it was. Good for a duration, not for `at`.
 */
export function taskDraft(upid: Upid, end?: TaskEnd, noticedAt?: number): EventDraft {
  if (end === undefined)
    return { ...taskBase(upid, 'started'), at: upid.starttime, identity: `${upid.text}/started` };
  const { outcome, status, facts } = outcomeOf(end.status);
  const base = taskBase(upid, outcome);
  const known = end.endtime !== undefined && end.endtime >= upid.starttime ? end.endtime : undefined;
  const endtime = known ?? (noticedAt !== undefined && noticedAt >= upid.starttime ? noticedAt : undefined);
  const storage = base.storage ?? storageInError(upid.type, facts['error']);
  return {
    ...base,
    ...(storage !== undefined && { storage }),
    status,
    ...(known !== undefined && { at: known }),
    facts: {
      ...base.facts,
      ...(endtime !== undefined && { endtime, duration_s: endtime - upid.starttime }),
      ...facts,
    },
    identity: `${upid.text}/ended`,
  };
}

/** What every event of a task says, whatever its outcome: entity, type, severity, UPID and the facts the UPID carries. */
export function taskBase(upid: Upid, outcome: Outcome): EventDraft {
  const type = `${familyOf(upid.product, upid.type)}.${outcome}`;
  return {
    ...taskSubject(upid),
    type,
    severity: severityOf(type),
    product: upid.product,
    upid: upid.text,
  };
}
