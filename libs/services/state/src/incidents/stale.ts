import type { Incident } from '@proxmox-mcp/schemas';
import type { IncidentStore } from '../history/incidents.ts';
import { FRESH_MS } from '../rules/sampler.ts';
import { objectOfEntry } from '../rules/object-of.ts';
import type { EntryKind, Picture } from '../rules/rule.ts';
import { change, type Held } from './change.ts';
import type { Chore } from './chore.ts';
import { statusOf } from './flapping.ts';
import type { Ledger } from './ledger.ts';

/** Going through all of a large lab every second would be work for nothing: it takes minutes to become stale. */
const EVERY_MS = 10_000;

/** What somebody waits for the end of. */
const WAITED_FOR: readonly Incident['status'][] = ['open', 'acknowledged', 'flapping'];

/** Kinds that the lists name again every few minutes; jobs are looked at rarely. */
const KINDS: readonly EntryKind[] = ['node', 'guest', 'storage', 'datastore'];

/**
 * Marks open conditions whose object is not seen any more, and takes the mark away when it is: no news is neither good nor bad. After a
 * start, everything has its time to be seen.
 */
export function watchStale(incidents: IncidentStore, ledger: Ledger, picture: Picture): Chore {
  const startedAt = ledger.now();
  let lookedAt = -Infinity;

  function due(): (() => void)[] {
    const stale = incidents.inStatus('stale');
    const waited = WAITED_FOR.flatMap((status) => incidents.inStatus(status)).filter(isCondition);
    if (stale.length + waited.length === 0) return [];
    const seenAt = new Map<string, string>();
    for (const kind of KINDS)
      for (const entry of picture.of(kind))
        seenAt.set(`${entry.cluster}|${objectOfEntry(entry).object}`, entry.observedAt);
    const of = ({ incident }: Held) => seenAt.get(incident.key.slice(0, incident.key.lastIndexOf('|')));
    const isUnseen = (at: string) => ledger.now() - Math.max(startedAt, Date.parse(at)) > FRESH_MS;
    return [
      ...waited.flatMap((held) => {
        const at = of(held);
        return at !== undefined && isUnseen(at) ? [() => mark(held, at)] : [];
      }),
      ...stale.flatMap((held) => {
        const at = of(held);
        return at !== undefined && !isUnseen(at) ? [() => unmark(held)] : [];
      }),
    ];
  }

  function mark(held: Held, staleSince: string): void {
    const entry = { what: 'stale', text: 'Nothing is heard of it: whether it still holds is not known' };
    const patch = { status: 'stale' as const, staleSince };
    ledger.record(held, change(held.incident, patch, ledger.nowIso(), entry));
  }

  function unmark(held: Held): void {
    const entry = { what: 'stale', text: 'It is seen again' };
    const patch = { status: statusOf(held), staleSince: undefined };
    ledger.record(held, change(held.incident, patch, ledger.nowIso(), entry));
  }

  return {
    isDue() {
      if (ledger.now() - lookedAt < EVERY_MS && ledger.now() >= lookedAt) return false;
      if (due().length > 0) return true;
      lookedAt = ledger.now();
      return false;
    },
    look: () => due().forEach((act) => act()),
  };
}

/** Activities ended when they ended, whatever is seen of their objects. */
const isCondition = ({ incident }: Held) => incident.why !== undefined;
