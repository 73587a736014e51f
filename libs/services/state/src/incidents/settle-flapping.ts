import type { IncidentStore } from '../history/incidents.ts';
import { change, resolve, type Held } from './change.ts';
import { isQuiet, statusOf } from './flapping.ts';
import type { Ledger } from './ledger.ts';
import type { Chore } from './chore.ts';

/** Ends flapping that has been quiet: the incident is open as any other then, or over. */
export function settleFlapping(incidents: IncidentStore, ledger: Ledger): Chore {
  const quiet = () => incidents.inStatus('flapping').filter(({ memo }) => isQuiet(memo, ledger.now()));

  function settle(held: Held): void {
    const { flapping, openings: _, ...memo } = held.memo;
    const { incident } = held;
    if (flapping?.isBad === false)
      return ledger.record(held, resolve(incident, 'recovered', ledger.nowIso(), { text: 'Quiet by now' }), {
        memo,
      });
    const status = statusOf({ incident, memo });
    const entry = { what: 'flapping', text: 'No longer comes and goes: it holds' };
    ledger.record(held, change(incident, { status }, ledger.nowIso(), entry), { memo });
  }

  return { isDue: () => quiet().length > 0, look: () => quiet().forEach(settle) };
}
