import type { Diagnosis, Fact, IncidentCommand } from '@proxmox-mcp/schemas';
import type { FactStore } from '../history/facts.ts';
import type { HeldTroubles } from '../history/held-troubles.ts';
import { affectedBy } from './affected.ts';
import { attachFindings } from './attach-findings.ts';
import { change } from './change.ts';
import { applyCommand, type Commanded } from './commands.ts';
import type { GuestOf } from './enrich.ts';
import { followActivities } from './follow-activities.ts';
import { followConditions } from './follow-conditions.ts';
import { createAftermath } from './explain/aftermath.ts';
import { createReview } from './explain/review.ts';
import { createHold } from './hold.ts';
import { createLedger, type LedgerParts } from './ledger.ts';
import { followGone, type Gone } from './gone.ts';
import { mergeInto } from './merge.ts';
import { settleFlapping } from './settle-flapping.ts';
import { watchStale } from './stale.ts';
import type { Picture } from '../rules/rule.ts';
import type { Detail, Recovery, Trouble } from './trouble.ts';

/** Turns facts, conditions and commands into incidents. Every method belongs inside one transaction of the history. */
export interface Follower {
  fact(fact: Fact): void;
  /** `from` turned out to be a report of `to`. Call it before `fact(to)`. */
  merged(from: string, to: string): void;
  /** A condition holds: a node is offline. */
  trouble(trouble: Trouble): void;
  /** More was heard of a trouble that was told of before. */
  again(trouble: Trouble): void;
  /** A condition is over, or an activity that no fact tells of went well. */
  recovery(recovery: Recovery): void;
  /** Explains an open incident. */
  detail(detail: Detail): void;
  command(command: IncidentCommand): Commanded | { readonly kind: 'not-found' };
  diagnosis(diagnosis: Diagnosis): void;
  /** An object is positively not there any more. */
  gone(gone: Gone): void;
  /** Looks for explanations of all that is open, however old: a maintenance window has begun. */
  reconsider(): void;
  /** Whether `tick` would do anything: a tick that finds nothing writes nothing, so that an idle disk may sleep. */
  isDue(): boolean;
  /**
   * Wakes what has been snoozed long enough, tells of failures that nothing else has explained and of conditions that have lasted, ends
   * what nothing more was heard of, and sees to what time alone changes.
   */
  tick(): void;
}

/** Makes the follower of one history. */
export function createFollower(
  parts: LedgerParts & {
    readonly facts: FactStore;
    readonly held: HeldTroubles;
    readonly guestOf?: GuestOf;
    /** The lab as it was last seen; without it nothing becomes stale, and nobody knows what is affected. */
    readonly picture?: Picture;
    /** Whether a node is away, or tells nothing of itself: what is said of its storages then is old. */
    readonly isSilent?: (cluster: string | undefined, node: string) => boolean;
  },
): Follower {
  const { incidents, now, picture, guestOf = () => undefined } = parts;
  const ledger = createLedger(parts);
  const aftermath = createAftermath(incidents, ledger);
  const review = createReview(incidents, ledger, { explainers: parts.explainers ?? [], aftermath, now });
  const chores = [
    review,
    aftermath,
    settleFlapping(incidents, ledger),
    ...(picture === undefined ? [] : [watchStale(incidents, ledger, picture)]),
  ];
  const endGone = followGone(incidents, ledger);
  const hold = createHold(parts.held, incidents, { now, isSilent: parts.isSilent ?? (() => false) });
  const conditions = followConditions(incidents, ledger, {
    hold,
    now,
    factNow: (id) => parts.facts.get(id)?.mergedInto ?? id,
    affectedOf: (trouble) => picture && affectedBy(trouble, picture, now()),
  });
  const activities = followActivities(incidents, parts.facts, ledger, { now, guestOf });
  return {
    fact: (fact) => activities.fact(fact),
    merged: (from, to) => activities.merged(from, to),
    trouble: (trouble) => conditions.trouble(trouble),
    again: (trouble) => conditions.again(trouble),
    recovery: (recovery) => conditions.recovery(recovery),
    detail: (detail) => conditions.detail(detail),
    command(command) {
      const held = incidents.get(command.id);
      if (held === undefined) return { kind: 'not-found' };
      const clash = command.op === 'reopen' ? incidents.openByKey(held.incident.key) : undefined;
      if (clash && clash.incident.id !== command.id)
        return { kind: 'invalid', message: `incident ${clash.incident.id} is open for the same object` };
      const outcome =
        command.op === 'merge'
          ? mergeInto(incidents, ledger, { from: held, command })
          : applyCommand(held.incident, command, now());
      if (outcome.kind === 'changed') {
        const { flapping, ...memo } = held.memo;
        const isOver = command.op === 'resolve' || command.op === 'reopen';
        ledger.record(held, outcome.incident, { memo: isOver || flapping === undefined ? memo : held.memo });
      }
      return outcome;
    },
    gone(gone) {
      hold.forget(gone);
      endGone(gone);
    },
    diagnosis(diagnosis) {
      const held = incidents.get(diagnosis.incidentId);
      if (held) ledger.record(held, attachFindings(held.incident, diagnosis, ledger.nowIso()));
    },
    reconsider: () => review.lookAtAll(),
    isDue: () =>
      activities.hasWaited() ||
      conditions.hasLapsed() ||
      incidents.snoozedBefore(now()).length > 0 ||
      chores.some((chore) => chore.isDue()),
    tick() {
      activities.tell();
      conditions.lapse();
      for (const chore of chores) chore.look();
      for (const held of incidents.snoozedBefore(now())) {
        const entry = { what: 'snoozed', text: 'Snooze is over' };
        ledger.record(held, change(held.incident, { snoozedUntil: undefined }, ledger.nowIso(), entry));
      }
    },
  };
}
