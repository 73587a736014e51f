import { maxSeverity, type Fact } from '@proxmox-mcp/schemas';
import type { FactStore } from '../history/facts.ts';
import type { IncidentStore } from '../history/incidents.ts';
import { severityOfFailure } from './activity-severity.ts';
import { activityOfFact, type Activity } from './activity.ts';
import { change, isOpen, type Held, type Patch } from './change.ts';
import { turn } from './flapping.ts';
import { decideActivity } from './decide-activity.ts';
import { parentOf } from '../facts/identity.ts';
import { describe, describeRun } from './describe.ts';
import { ECHO_WAIT_MS, mayBeEcho, originOf } from './echo.ts';
import { enrich, type GuestOf } from './enrich.ts';
import { entityChange, entityOf } from './entity-of.ts';
import type { Ledger } from './ledger.ts';
import { anchorOf, objectOf, rememberFailure, settle, type Memo } from './memo.ts';

/** Follows what was done and how it went. */
export interface ActivityFollower {
  fact(fact: Fact): void;
  merged(from: string, to: string): void;
  /** Whether a failure has waited long enough for what it may be the echo of. */
  hasWaited(): boolean;
  /** Tells of those that have. */
  tell(): void;
}

/** Failures that wait at one time; beyond, new ones are told at once. */
const MAX_WAITING = 1_000;

/** Latest end a good run may have: whatever came after. */
const EVER = 8_000_000_000_000;

/** Reports of one run end within its length of each other; a night before is another story. */
const ONE_RUN_MS = 6 * 3_600_000;

/** Makes the part of the follower that turns failed activities into incidents and good ones into their end. */
export function followActivities(
  incidents: IncidentStore,
  facts: FactStore,
  ledger: Ledger,
  { now, guestOf }: { readonly now: () => number; readonly guestOf: GuestOf },
): ActivityFollower {
  /** Failures that may be echoes → when they are told all the same. In order of arrival. */
  const waiting = new Map<string, number>();

  function known(fact: Fact): Fact {
    const parent = parentOf(fact.id);
    return enrich(fact, parent === undefined ? undefined : facts.get(parent), guestOf);
  }

  /** Whether a new failure is to be kept back, because something else tells or will tell of it. */
  function isHeld(fact: Fact): boolean {
    if (!mayBeEcho(fact) || incidents.ofFact(fact.id) !== undefined) return false;
    const dueAt = waiting.get(fact.id);
    const origin = originOf(fact, facts);
    if (origin === 'found') {
      waiting.delete(fact.id);
      return true;
    }
    if (origin === 'none' && dueAt !== undefined && dueAt <= now()) {
      waiting.delete(fact.id);
      return false;
    }
    if (dueAt === undefined || dueAt <= now()) waiting.set(fact.id, now() + ECHO_WAIT_MS);
    return waiting.size <= MAX_WAITING || !waiting.delete(fact.id);
  }

  function candidatesOf(activity: Activity): Held[] {
    const isSomewhere = activity.family === 'backup.job' && activity.node === undefined;
    return isSomewhere ? incidents.openUnder('backup.job|') : incidents.openAt(anchorOf(activity));
  }

  function newerRunsOf({ family, node, endedAt }: Activity): { fact: Fact; run: Activity }[] {
    if (node === undefined) return [];
    return facts.ended(family, node, [endedAt, EVER]).flatMap((fact) => {
      const run = activityOfFact(fact);
      return run?.wentWell === true ? [{ fact, run }] : [];
    });
  }

  function onFailure(fact: Fact, activity: Activity): void {
    const attachedTo = incidents.ofFact(fact.id);
    const attached = attachedTo === undefined ? undefined : incidents.get(attachedTo);
    const candidates = candidatesOf(activity).filter((held) => held.incident.id !== attachedTo);
    const newer = newerRunsOf(activity);
    const newerRuns = attached ? [] : newer.map(({ run }) => run);
    const decision = decideActivity(activity, { attached, candidates, newerRuns });
    const isSame = decision.kind === 'join' && decision.incident.incident.id === attachedTo;
    if (attached && !isSame) {
      incidents.removeFact(fact.id);
      ledger.recount(attached);
    }
    if (decision.kind === 'join') join(decision.incident, fact, activity);
    else if (decision.kind === 'open') openFor(fact, activity);
    const now = incidents.get(incidents.ofFact(fact.id) ?? '');
    // An old failure whose reports arrive late: what it is about may only now show that it is over.
    const over =
      now && isOpen(now.incident) ? newer.find(({ run }) => settle(now.memo, run) === 'settled') : undefined;
    if (now && over) end(now, over.fact);
  }

  function openFor(fact: Fact, activity: Activity): void {
    const memo = rememberFailure(undefined, activity);
    const condition = `${activity.family}.failed`;
    const key = keyOf(memo, condition);
    const clash = incidents.openByKey(key);
    if (clash) return join(clash, fact, activity);
    const { title, cause } = describe(fact);
    const held = ledger.open(
      { key, opener: fact.id, anchor: anchorOf(activity) },
      {
        condition,
        severity: severityOfFailure(fact),
        product: fact.product,
        ...entityOf(fact, memo),
        title,
        ...(cause === undefined ? {} : { cause }),
        since: activity.endedAt,
        facts: [fact.id],
        occurrences: 1,
      },
      memo,
    );
    if (held) incidents.addFact(fact.id, held.incident.id, { run: !activity.isDetail, at: activity.endedAt });
  }

  function join(held: Held, fact: Fact, activity: Activity): void {
    const { incident } = held;
    const isNew = incidents.ofFact(fact.id) !== incident.id;
    incidents.addFact(fact.id, incident.id, { run: !activity.isDetail, at: activity.endedAt });
    const remembered = rememberFailure(held.memo, activity);
    const memo = (isNew ? turn(remembered, true, now()) : undefined) ?? remembered;
    const { ids, runs } = incidents.factsOf(incident.id);
    const patch: Patch = {
      key: betterKey(held, memo),
      severity: maxSeverity(incident.severity, severityOfFailure(fact)),
      ...entityChange(fact, memo, incident),
      ...(isOpen(incident) ? storyOf(ids, fact) : {}),
      facts: ids,
      occurrences: Math.max(1, runs),
    };
    const isAgain = !activity.isDetail && runs > 1;
    const text = `${isAgain ? 'Failed again: ' : ''}${fact.title}`.slice(0, 1_000);
    const entry = isNew ? { what: 'fact', text, ref: fact.id } : undefined;
    ledger.record(held, change(incident, patch, ledger.nowIso(), entry), { memo });
  }

  /** Title and cause: what the richest report of the newest run tells. */
  function storyOf(ids: readonly string[], newest: Fact): { title: string; cause?: string } {
    const last = ids
      .slice(-10)
      .map((id) => (id === newest.id ? newest : facts.get(id)))
      .filter((fact) => fact !== undefined)
      .map(known);
    const endOf = (fact: Fact) => Date.parse(fact.endedAt ?? fact.startedAt);
    const latest = Math.max(...last.map(endOf));
    const { title, cause } = describeRun(last.filter((fact) => latest - endOf(fact) < ONE_RUN_MS));
    return { title, ...(cause === undefined ? {} : { cause }) };
  }

  /** The key names the object as well as it is known now; the id is what never changes. */
  function betterKey(held: Held, memo: Memo): string {
    const { key, condition } = held.incident;
    const better = keyOf(memo, condition);
    return isOpen(held.incident) && incidents.openByKey(better) === undefined ? better : key;
  }

  function onSuccess(fact: Fact, activity: Activity): void {
    const decision = decideActivity(activity, {
      attached: undefined,
      candidates: candidatesOf(activity),
      newerRuns: [],
    });
    if (decision.kind !== 'settle') return;
    for (const { held, memo } of decision.partly) ledger.record(held, held.incident, { memo });
    for (const held of decision.settled) end(held, fact);
  }

  function end(held: Held, by: Fact): void {
    const entry = { text: by.title, ref: by.id };
    ledger.end(held, 'succeeded', entry);
  }

  function follow(told: Fact): void {
    const fact = told.mergedInto === undefined ? known(told) : told;
    const activity = fact.mergedInto === undefined ? activityOfFact(fact) : undefined;
    if (activity === undefined) return;
    if (activity.wentWell) onSuccess(fact, activity);
    else if (!isHeld(fact)) onFailure(fact, activity);
  }

  const due = () => [...waiting].filter(([, at]) => at <= now()).map(([id]) => id);

  return {
    fact: follow,
    hasWaited: () => due().length > 0,
    tell() {
      for (const id of due()) {
        const fact = facts.get(id);
        if (fact === undefined || fact.mergedInto !== undefined) waiting.delete(id);
        else follow(fact);
      }
    },
    merged(from, to) {
      const source = incidents.ofFact(from);
      if (source === undefined) return;
      const target = incidents.ofFact(to);
      incidents.removeFact(from);
      if (target === source) return;
      const fact = facts.get(to);
      // The notification knew the job and its guests, the bare end of a task did not: its incident is the right one.
      incidents.addFact(to, source, { run: true, at: Date.parse(fact?.endedAt ?? ledger.nowIso()) });
      const other = target === undefined ? undefined : incidents.get(target);
      if (other) ledger.recount(other);
    },
  };
}

function keyOf(memo: Memo, condition: string): string {
  return `${memo.cluster ?? ''}|${objectOf(memo)}|${condition}`;
}
