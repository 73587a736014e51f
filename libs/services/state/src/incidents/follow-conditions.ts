import type { IncidentStore } from '../history/incidents.ts';
import { compareSeverity, maxSeverity, type Entity, type Incident } from '@proxmox-mcp/schemas';
import { change, resolve, type Held, type Patch } from './change.ts';
import { turn } from './flapping.ts';
import type { Hold } from './hold.ts';
import type { Ledger } from './ledger.ts';
import type { Memo } from './memo.ts';
import { isSameCluster, keyOf, placeOf } from './place.ts';
import { leftAfter, watched } from './seen-by.ts';
import type { Detail, Recovery, Trouble } from './trouble.ts';

/** Follows conditions: what holds, until it is positively seen not to. */
export interface ConditionFollower {
  trouble(trouble: Trouble): void;
  /** More was heard of a trouble that was told of before: it opens nothing. */
  again(trouble: Trouble): void;
  recovery(recovery: Recovery): void;
  /** Adds a report to the open incidents it explains; without one it is nothing. */
  detail(detail: Detail): void;
  /** Whether `lapse` would do anything. */
  hasLapsed(): boolean;
  /** Tells what has lasted, and ends what nothing more was heard of. */
  lapse(): void;
}

export interface ConditionParts {
  readonly hold: Hold;
  readonly now: () => number;
  /** The fact that a fact has become: reports move to better known ones. */
  readonly factNow: (id: string) => string;
  readonly affectedOf: AffectedOf;
}

/** Guests that cannot be used while a condition holds. */
export type AffectedOf = (trouble: Trouble) => Incident['affected'];

/** Makes the part of the follower that opens and resolves incidents by condition. */
export function followConditions(
  incidents: IncidentStore,
  ledger: Ledger,
  { hold, now, factNow, affectedOf }: ConditionParts,
): ConditionFollower {
  const openFor = (about: Pick<Trouble, 'family' | 'condition' | 'anchor' | 'cluster'>) =>
    incidents.openAt(placeOf(about)).filter(({ memo }) => isSameCluster(memo.cluster, about.cluster));

  /** The incident that a trouble is part of. Things of one name on two nodes are two things, unless it is said to be shared. */
  function openOf(trouble: Trouble): Held | undefined {
    const { seenBy } = trouble;
    return openFor(trouble).find(
      ({ incident, memo }) =>
        seenBy === undefined ||
        incident.key === keyOf(trouble) ||
        seenBy.some((name) => Object.hasOwn(memo.seenBy ?? {}, name)),
    );
  }

  function openNew(trouble: Trouble): void {
    const { condition, severity, product, title } = trouble;
    const since = Date.parse(trouble.at);
    const ref = trouble.ref === undefined ? undefined : factNow(trouble.ref);
    const blank: Memo = {
      family: trouble.family ?? condition,
      ...entityIn(trouble),
      failed: {},
      runs: [],
      lastFailureAt: since,
    };
    const memo = watched(blank, trouble, true);
    const identity = {
      key: keyOf(trouble),
      opener: ref ?? `${condition}/${trouble.at}`,
      anchor: placeOf(trouble),
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
  function noteEnd(recovery: Recovery): void {
    const closed = incidents.lastResolvedAt(placeOf(recovery));
    if (closed === undefined || closed.memo.hasEnded === true) return;
    if (!isSameCluster(closed.memo.cluster, recovery.cluster)) return;
    ledger.record(closed, closed.incident, { memo: { ...closed.memo, hasEnded: true } });
  }

  function affectedIn(trouble: Trouble): Pick<Incident, 'affected'> {
    const affected = affectedOf(trouble);
    return affected === undefined ? {} : { affected };
  }

  function join(held: Held, trouble: Trouble): void {
    const at = Date.parse(trouble.at);
    const { incident } = held;
    const again = turn(held.memo, true, ledger.now());
    const memo = {
      ...watched(again ?? held.memo, trouble),
      ...entityIn(trouble),
      lastFailureAt: Math.max(held.memo.lastFailureAt, at),
    };
    const ref = trouble.ref === undefined ? undefined : factNow(trouble.ref);
    const isNew = ref !== undefined && incidents.ofFact(ref) !== incident.id;
    if (isNew) incidents.addFact(ref, incident.id, { run: false, at });
    const entry = isNew ? { what: 'fact', text: trouble.title, ref } : undefined;
    const patch = {
      ...entityOf(trouble),
      ...labelsOf(trouble),
      ...(trouble.why === undefined ? {} : { why: trouble.why }),
      severity: maxSeverity(incident.severity, trouble.severity),
      ...storyOf(trouble, held),
      facts: incidents.factsOf(incident.id).ids,
      ...(again === undefined ? {} : { occurrences: incident.occurrences + 1 }),
    };
    ledger.record(held, change(incident, patch, ledger.nowIso(), entry), { memo });
  }

  function tell(trouble: Trouble): void {
    const held = openOf(trouble);
    if (held === undefined) openNew(trouble);
    else join(held, trouble);
  }

  return {
    trouble(trouble) {
      if (openOf(trouble) === undefined && hold.keep(trouble)) return;
      tell(trouble);
    },
    again(trouble) {
      const held = openOf(trouble);
      const isOurs = trouble.ref !== undefined && incidents.ofFact(trouble.ref) === held?.incident.id;
      if (held && isOurs) ledger.record(held, held.incident, { memo: watched(held.memo, trouble) });
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
      for (const trouble of hold.end(recovery)) tell(trouble);
      for (const held of openFor(recovery)) {
        const left = leftAfter(held.memo, recovery);
        if (left === 'all') continue;
        if (left !== 'none') ledger.record(held, held.incident, { memo: left });
        else {
          const entry = {
            text: recovery.title,
            ...(recovery.ref === undefined ? {} : { ref: recovery.ref }),
          };
          ledger.end(held, 'recovered', entry);
        }
      }
    },
    hasLapsed: () => hold.isDue() || incidents.expiredBy(now()).length > 0,
    lapse() {
      hold.take(tell);
      for (const held of incidents.expiredBy(now())) {
        const entry = { text: 'Nothing more was heard of it' };
        ledger.record(held, resolve(held.incident, 'expired', ledger.nowIso(), entry));
      }
    },
  };
}

/** What got worse is told as what it is now; else the first to tell why stands. */
function storyOf(trouble: Trouble, { incident }: Held): Patch {
  const { title, cause } = trouble;
  if (compareSeverity(trouble.severity, incident.severity) > 0)
    return { title, ...(cause === undefined ? {} : { cause }) };
  return incident.cause === undefined && cause !== undefined ? { cause } : {};
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
