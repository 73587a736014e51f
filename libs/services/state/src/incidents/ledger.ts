import { subjects, type Incident, type IncidentTransition, type TimelineEntry } from '@proxmox-mcp/schemas';
import type { IncidentStore } from '../history/incidents.ts';
import type { Outbox } from '../history/outbox.ts';
import { change, isOpen, resolve, type Held } from './change.ts';
import { explanationOf, suppressionOf, type Explainer, type Explanation } from './explain/explain.ts';
import { beginningAfter, isClosedByHand, statusOf, turn, type Beginning } from './flapping.ts';
import { incidentId } from './incident-id.ts';
import type { Memo } from './memo.ts';

export interface LedgerParts {
  readonly incidents: IncidentStore;
  readonly outbox: Outbox;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What may explain an incident, in order; none: everything is told. */
  readonly explainers?: readonly Explainer[];
  /** A line that an opening incident gets: something that does not explain it and is worth knowing. */
  readonly note?: (incident: Incident, now: number) => Omit<TimelineEntry, 'at'> | undefined;
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
  now(): number;
  nowIso(): string;
  /**
   * Opens an incident; one of the same identity that was over a moment ago goes on instead.
   *
   * @returns `undefined` when too many are open, when it is explained for good, or when a person has closed it as it stands.
   */
  open(
    identity: { key: string; opener: string; anchor: string },
    opening: Opening,
    memo: Memo,
  ): Held | undefined;
  /** Keeps what changed and tells of it, once. What changes after the end is kept and told to nobody. */
  record(before: Held, incident: Incident, more?: { readonly memo?: Memo; readonly anchor?: string }): void;
  /** Ends an incident that is over by itself; one that flaps waits until it stays so. */
  end(
    held: Held,
    resolution: 'recovered' | 'succeeded',
    entry: { readonly text: string; readonly ref?: string },
  ): void;
  /** Puts an incident aside. */
  suppress(held: Held, found: Explanation): void;
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
  note,
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

  /** One more child of the incident that told of the cause. */
  function adopt(id: string): void {
    const held = incidents.get(id);
    if (held === undefined || !isOpen(held.incident)) return;
    record(held, change(held.incident, { children: (held.incident.children ?? 0) + 1 }, nowIso()));
  }

  /** The incident that was over goes on. */
  function goOn(last: Held, opening: Omit<Opening, 'since'>, { memo, kind, openings }: GoingOn): Held {
    const at = nowIso();
    const flapping = kind === 'flapping' ? { flapping: { isBad: true, changedAt: now() } } : {};
    const next = { ...memo, openings, ...flapping };
    const { incident } = last;
    const facts = [...new Set([...incident.facts, ...opening.facts])];
    const patch = {
      ...opening,
      facts,
      occurrences: incident.occurrences + 1,
      status: statusOf({ incident, memo: next }),
      resolvedAt: undefined,
      resolution: undefined,
    };
    const text = `Again: ${opening.title}`;
    const ref = opening.facts[0];
    const entry = { what: 'reopened', text, ...(ref === undefined ? {} : { ref }) };
    const reopened = change(incident, patch, at, entry);
    const told =
      kind === 'flapping'
        ? change(reopened, {}, at, {
            what: 'flapping',
            text: `Began ${openings.length} times within an hour: it is told again once it stays one way`,
          })
        : reopened;
    return { incident: told, memo: next };
  }

  function suppress(held: Held, found: Explanation): void {
    const { freeSince: _, ...memo } = held.memo;
    const { incident } = held;
    const at = nowIso();
    const isParent = found.reason === 'parent';
    const patch = {
      status: 'suppressed' as const,
      suppression: suppressionOf(found, at),
      staleSince: undefined,
      ...(isParent ? { parent: found.by } : {}),
    };
    const entry = { what: 'suppressed', text: found.text, ref: found.by };
    record(held, change(incident, patch, at, entry), { memo });
    if (isParent && incident.parent !== found.by) adopt(found.by);
  }

  return {
    now,
    nowIso,
    record,
    suppress,
    end(held, resolution, entry) {
      const at = now();
      if (held.memo.flapping === undefined)
        return record(held, resolve(held.incident, resolution, nowIso(), entry));
      const memo = turn(held.memo, false, at);
      if (memo !== undefined) record(held, held.incident, { memo });
    },
    open({ key, opener, anchor }, { since, ...opening }, memo) {
      const id = incidentId(key, opener);
      const earlier = incidents.get(id);
      if (earlier) return earlier;
      const last = incidents.lastResolved(key, anchor);
      // A report that is told again is no new beginning.
      if (last && incidents.ofFact(opener) === last.incident.id) return last;
      const isObserved = opening.facts.length === 0;
      if (isObserved && isClosedByHand(last, opening.severity)) return undefined;
      const { kind, openings } = beginningAfter(last, since, now());
      if (incidents.countOpen() >= MAX_OPEN) {
        onRefused?.();
        return undefined;
      }
      const openedAt = new Date(Math.min(since, now())).toISOString();
      const opened: Incident = {
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
      const line = note?.(opened, now());
      const incident =
        line === undefined
          ? opened
          : { ...opened, timeline: [...opened.timeline, { at: opened.updatedAt, ...line }] };
      const found = explanationOf(explainers, incident, now());
      if (found?.isForGood === true) return undefined;
      const begun =
        last && kind !== 'new'
          ? goOn(last, opening, { memo, kind, openings })
          : { incident, memo: { ...memo, openings } };
      const held = found === undefined ? begun : { ...begun, incident: suppressed(begun.incident, found) };
      publish(held, anchor, held.incident.id === id ? 'opened' : 'updated');
      if (found?.reason === 'parent') adopt(found.by);
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

interface GoingOn extends Beginning {
  readonly memo: Memo;
}

/** One that opens with its explanation: told to nobody, unless the explanation ends before it does. */
function suppressed(incident: Incident, found: Explanation): Incident {
  const at = incident.updatedAt;
  return {
    ...incident,
    status: 'suppressed',
    suppression: suppressionOf(found, at),
    ...(found.reason === 'parent' ? { parent: found.by } : {}),
    timeline: [...incident.timeline, { at, what: 'suppressed', text: found.text, ref: found.by }],
  };
}
