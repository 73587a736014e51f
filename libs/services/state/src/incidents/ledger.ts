import { subjects, type Incident, type IncidentTransition } from '@proxmox-mcp/schemas';
import type { IncidentStore } from '../history/incidents.ts';
import type { Outbox } from '../history/outbox.ts';
import { change, isOpen, resolve, type Held } from './change.ts';
import { explanationOf, type Explainer, type Explanation } from './explain/explain.ts';
import { incidentId } from './incident-id.ts';
import type { Memo } from './memo.ts';

export interface LedgerParts {
  readonly incidents: IncidentStore;
  readonly outbox: Outbox;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What may explain an incident, in order; none: everything is told. */
  readonly explainers?: readonly Explainer[];
  /** Called for every change; for metrics. */
  readonly onTransition?: (transition: IncidentTransition, incident: Incident) => void;
  /** Called when an incident could not be opened because too many are open. */
  readonly onRefused?: () => void;
}

/** What a new incident is given; the rest follows. */
export type Opening = Omit<
  Incident,
  'id' | 'key' | 'revision' | 'status' | 'updatedAt' | 'timeline' | 'findings' | 'openedAt'
> & {
  /** When it began, in milliseconds. */
  readonly since: number;
};

/** Writes incidents down together with what the bus is owed for them. Everything belongs inside one transaction. */
export interface Ledger {
  nowIso(): string;
  /** @returns `undefined` when too many are open. */
  open(
    identity: { key: string; opener: string; anchor: string },
    opening: Opening,
    memo: Memo,
  ): Held | undefined;
  /** Keeps what changed and tells of it, once. What changes after the end is kept and told to nobody. */
  record(before: Held, incident: Incident, more?: { readonly memo?: Memo; readonly anchor?: string }): void;
  /** Makes an incident agree with the facts it has left; without any it was another one's. */
  recount(held: Held): void;
}

/** Unresolved incidents kept at most: real labs have hundreds of objects, forged input could have any number. */
const MAX_OPEN = 20_000;

/** Makes the ledger of one history. */
export function createLedger({
  incidents,
  outbox,
  now,
  explainers = [],
  onTransition,
  onRefused,
}: LedgerParts): Ledger {
  const nowIso = () => new Date(now()).toISOString();

  function publish(held: Held, anchor: string, transition: IncidentTransition | undefined): void {
    const { incident } = held;
    incidents.put(held, anchor);
    const body = JSON.stringify(incident);
    const id = `${incident.id}/${incident.revision}`;
    outbox.owe({ kind: 'incident', subject: incident.id, id, body });
    if (transition === undefined) return;
    outbox.owe({ kind: 'transition', subject: subjects.incident(incident.id, transition), id, body });
    onTransition?.(transition, incident);
  }

  function record(before: Held, incident: Incident, more: { memo?: Memo; anchor?: string } = {}): void {
    const memo = more.memo ?? before.memo;
    const anchor = more.anchor ?? incidents.anchorOf(incident.id);
    if (incident === before.incident) return incidents.put({ incident, memo }, anchor);
    const transition = isOpen(incident) ? 'updated' : isOpen(before.incident) ? 'resolved' : undefined;
    publish({ incident, memo }, anchor, transition);
  }

  return {
    nowIso,
    record,
    open({ key, opener, anchor }, { since, ...opening }, memo) {
      const id = incidentId(key, opener);
      const earlier = incidents.get(id);
      if (earlier) return earlier;
      if (incidents.countOpen() >= MAX_OPEN) {
        onRefused?.();
        return undefined;
      }
      const openedAt = new Date(Math.min(since, now())).toISOString();
      const incident: Incident = {
        ...opening,
        id,
        key,
        status: 'open',
        openedAt,
        updatedAt: nowIso(),
        findings: [],
        timeline: [{ at: openedAt, what: 'opened', text: opening.title, ref: opener }],
        revision: 1,
      };
      const found = explanationOf(explainers, incident, now());
      const held = { incident: found === undefined ? incident : suppressed(incident, found), memo };
      publish(held, anchor, 'opened');
      return held;
    },
    recount(held) {
      const { ids, runs } = incidents.factsOf(held.incident.id);
      const at = nowIso();
      if (ids.length === 0 && isOpen(held.incident))
        return record(
          held,
          resolve(held.incident, 'merged', at, { text: 'Its only report belongs to another incident' }),
        );
      record(held, change(held.incident, { facts: ids, occurrences: Math.max(1, runs) }, at));
    },
  };
}

/** One that opens with its explanation: told to nobody, unless the explanation ends before it does. */
function suppressed(incident: Incident, found: Explanation): Incident {
  const at = incident.updatedAt;
  return {
    ...incident,
    status: 'suppressed',
    suppression: { ...found, since: at },
    ...(found.reason === 'parent' ? { parent: found.by } : {}),
    timeline: [...incident.timeline, { at, what: 'suppressed', text: found.text, ref: found.by }],
  };
}
