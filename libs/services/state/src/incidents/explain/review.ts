import type { Incident } from '@proxmox-mcp/schemas';
import type { IncidentStore } from '../../history/incidents.ts';
import { change, resolve, type Held } from '../change.ts';
import { statusOf } from '../flapping.ts';
import type { Chore } from '../chore.ts';
import type { Ledger } from '../ledger.ts';
import type { Aftermath } from './aftermath.ts';
import { explanationOf, type Explainer, type Explanation } from './explain.ts';

/** The chore, which can be asked out of turn. */
export interface Review extends Chore {
  /** Looks at all that is open, however old: there is an explanation that was not there before. */
  lookAtAll(): void;
}

/** An explanation can arrive this long after what it explains: polls are slower than log lines. */
const YOUNG_MS = 15 * 60_000;
/** A cause that is seen a moment after what follows from it has to be found before that is told. */
const FRESH_MS = 2 * 60_000;
/** The rest changes slowly, and there may be many. */
const ALL_EVERY_MS = 10_000;
/** What recovers together with its explanation is not told: guests of a node that is back take their time to start. */
export const RELEASE_AFTER_MS = 120_000;

/** Puts incidents aside whose explanation is known, and brings them back when it is over and they are not. */
export function createReview(
  incidents: IncidentStore,
  ledger: Ledger,
  {
    explainers,
    aftermath,
    now,
  }: {
    readonly explainers: readonly Explainer[];
    readonly aftermath: Aftermath;
    readonly now: () => number;
  },
): Review {
  function explanationNow(incident: Incident): Explanation | undefined {
    const found = explanationOf(explainers, incident, now());
    return found?.isForGood === true ? found : (aftermath.explanationOf(incident) ?? found);
  }

  function next(held: Held): (() => void) | undefined {
    const { incident, memo } = held;
    const found = explanationNow(incident);
    if (found !== undefined) {
      const isKnown = isExplainedBy(incident, found) && found.isForGood !== true;
      if (isKnown && memo.freeSince === undefined) return undefined;
      return () => suppress(held, found);
    }
    if (incident.status !== 'suppressed') return undefined;
    if (memo.freeSince === undefined)
      return () => ledger.record(held, incident, { memo: { ...memo, freeSince: now() } });
    return now() - memo.freeSince < RELEASE_AFTER_MS ? undefined : () => release(incident.id);
  }

  function suppress(held: Held, found: Explanation): void {
    if (found.isForGood === true) {
      const entry = { text: found.text, ref: found.by };
      return ledger.record(held, resolve(held.incident, 'explained', ledger.nowIso(), entry));
    }
    if (!isExplainedBy(held.incident, found)) return ledger.suppress(held, found);
    const { freeSince: _, ...memo } = held.memo;
    ledger.record(held, held.incident, { memo });
  }

  function release(id: string): void {
    const held = incidents.get(id);
    // Taken in with another one a moment ago.
    if (held?.memo.freeSince === undefined || aftermath.takeIn(held)) return;
    const { incident } = held;
    const { freeSince: _, ...memo } = held.memo;
    const status = statusOf({ incident, memo });
    const text = `No longer explained: ${incident.suppression?.text ?? 'its explanation is over'}`;
    const entry = { what: 'released', text: text.slice(0, 1_000) };
    const patch = { status, suppression: undefined };
    ledger.record(held, change(incident, patch, ledger.nowIso(), entry), { memo });
  }

  let allAt = -Infinity;

  function due(isAll: boolean): (() => void)[] {
    const held = isAll ? incidents.toReview(now() - YOUNG_MS) : incidents.begunSince(now() - FRESH_MS);
    return held.flatMap((one) => next(one) ?? []);
  }

  const isTimeForAll = () => Math.abs(now() - allAt) >= ALL_EVERY_MS;

  return {
    isDue() {
      const isAll = isTimeForAll();
      if (due(isAll).length > 0) return true;
      if (isAll) allAt = now();
      return false;
    },
    look() {
      const isAll = isTimeForAll();
      if (isAll) allAt = now();
      for (const act of due(isAll)) act();
    },
    lookAtAll() {
      for (const { id } of incidents.unresolved()) {
        const held = incidents.get(id);
        if (held) next(held)?.();
      }
    },
  };
}

function isExplainedBy({ status, suppression }: Incident, found: Explanation): boolean {
  return status === 'suppressed' && suppression?.reason === found.reason && suppression.by === found.by;
}
