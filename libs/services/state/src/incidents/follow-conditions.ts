import type { IncidentStore } from '../history/incidents.ts';
import { maxSeverity, type Entity, type Incident } from '@proxmox-mcp/schemas';
import { change } from './change.ts';
import { turn } from './flapping.ts';
import type { Ledger } from './ledger.ts';
import type { Memo } from './memo.ts';
import type { Detail, Recovery, Trouble } from './trouble.ts';

/** Follows conditions: what holds, until it is positively seen not to. */
export interface ConditionFollower {
  trouble(trouble: Trouble): void;
  recovery(recovery: Recovery): void;
  /** Adds a report to the open incidents it explains; without one it is nothing. */
  detail(detail: Detail): void;
}

/** Guests that cannot be used while a condition holds. */
export type AffectedOf = (trouble: Trouble) => Incident['affected'];

/** Makes the part of the follower that opens and resolves incidents by condition. */
export function followConditions(
  incidents: IncidentStore,
  ledger: Ledger,
  affectedOf: AffectedOf = () => undefined,
): ConditionFollower {
  const openFor = ({ condition, anchor, cluster }: Pick<Trouble, 'condition' | 'anchor' | 'cluster'>) =>
    incidents.openAt(`${condition}|${anchor}`).filter(({ memo }) => isSame(memo.cluster, cluster));

  function openNew(trouble: Trouble): void {
    const { condition, severity, product, title, ref, cluster } = trouble;
    const since = Date.parse(trouble.at);
    const memo: Memo = {
      family: condition,
      ...entityIn(trouble),
      failed: {},
      runs: [],
      lastFailureAt: since,
    };
    const identity = {
      key: `${cluster ?? ''}|${trouble.object}|${condition}`,
      opener: ref ?? `${condition}/${trouble.at}`,
      anchor: `${condition}|${trouble.anchor}`,
    };
    const facts = ref === undefined ? [] : [ref];
    const opening = {
      condition,
      severity,
      product,
      ...entityOf(trouble),
      title,
      ...(trouble.cause === undefined ? {} : { cause: trouble.cause }),
      ...(trouble.why === undefined ? {} : { why: trouble.why }),
      ...labelsOf(trouble),
      ...affectedIn(trouble),
      since,
      facts,
      occurrences: 1,
    };
    const held = ledger.open(identity, opening, memo);
    if (held && ref !== undefined) incidents.addFact(ref, held.incident.id, { run: false, at: since });
  }

  /** What a person closed has now come to its end: if it begins again, that is news. */
  function noteEnd({ condition, anchor, cluster }: Recovery): void {
    const closed = incidents.lastResolvedAt(`${condition}|${anchor}`);
    if (closed === undefined || closed.memo.hasEnded === true || !isSame(closed.memo.cluster, cluster))
      return;
    ledger.record(closed, closed.incident, { memo: { ...closed.memo, hasEnded: true } });
  }

  function affectedIn(trouble: Trouble): Pick<Incident, 'affected'> {
    const affected = affectedOf(trouble);
    return affected === undefined ? {} : { affected };
  }

  return {
    trouble(trouble) {
      const [held] = openFor(trouble);
      if (held === undefined) return openNew(trouble);
      const at = Date.parse(trouble.at);
      const { incident } = held;
      const again = turn(held.memo, true, ledger.now());
      const memo = {
        ...(again ?? held.memo),
        ...entityIn(trouble),
        lastFailureAt: Math.max(held.memo.lastFailureAt, at),
      };
      const isNew = trouble.ref !== undefined && incidents.ofFact(trouble.ref) !== incident.id;
      if (isNew) incidents.addFact(trouble.ref, incident.id, { run: false, at });
      const entry = isNew ? { what: 'fact', text: trouble.title, ref: trouble.ref } : undefined;
      const patch = {
        ...entityOf(trouble),
        ...labelsOf(trouble),
        ...(trouble.why === undefined ? {} : { why: trouble.why }),
        severity: maxSeverity(incident.severity, trouble.severity),
        ...(incident.cause === undefined && trouble.cause !== undefined ? { cause: trouble.cause } : {}),
        facts: incidents.factsOf(incident.id).ids,
        ...(again === undefined ? {} : { occurrences: incident.occurrences + 1 }),
      };
      ledger.record(held, change(incident, patch, ledger.nowIso(), entry), { memo });
    },
    detail(detail) {
      for (const held of openFor(detail)) {
        const { incident } = held;
        if (incidents.ofFact(detail.ref) === incident.id) continue;
        incidents.addFact(detail.ref, incident.id, { run: false, at: Date.parse(detail.at) });
        const entry = { what: 'fact', text: detail.title, ref: detail.ref };
        const patch = { facts: incidents.factsOf(incident.id).ids };
        ledger.record(held, change(incident, patch, ledger.nowIso(), entry));
      }
    },
    recovery(recovery) {
      noteEnd(recovery);
      for (const held of openFor(recovery)) {
        if (Date.parse(recovery.at) < held.memo.lastFailureAt) continue;
        const entry = { text: recovery.title, ...(recovery.ref === undefined ? {} : { ref: recovery.ref }) };
        ledger.end(held, 'recovered', entry);
      }
    },
  };
}

function entityOf(trouble: Trouble): Entity {
  const { guest, storage } = trouble;
  return {
    ...entityIn(trouble),
    ...(guest === undefined ? {} : { guest }),
    ...(storage === undefined ? {} : { storage }),
  };
}

function labelsOf({ tags, pool }: Trouble) {
  return {
    ...(tags === undefined ? {} : { tags: tags.slice(0, 50) }),
    ...(pool === undefined ? {} : { pool }),
  };
}

function entityIn({ cluster, node }: Pick<Trouble, 'cluster' | 'node'>) {
  return { ...(cluster === undefined ? {} : { cluster }), ...(node === undefined ? {} : { node }) };
}

/** A report that does not name its cluster may be of any. */
function isSame(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}
