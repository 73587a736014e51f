import { maxSeverity, type Incident } from '@proxmox-mcp/schemas';
import type { IncidentStore } from '../../history/incidents.ts';
import { change, isOpen, type Held } from '../change.ts';
import type { Chore } from '../chore.ts';
import type { Ledger } from '../ledger.ts';
import type { Explanation } from './explain.ts';

/** What remains of a cause that is over, where that is more than one thing: told together, once. */
const AFTERMATH = 'incident.aftermath';

/** Named in the first message; the rest are counted. */
const NAMED = 20;
const TITLES = 5;

/** Tells what is still bad after a cause is over. Everything belongs inside one transaction. */
export interface Aftermath extends Chore {
  /** Why an incident need not be told by itself: it is told with the others. */
  explanationOf(incident: Incident): Explanation | undefined;
  /**
   * Takes in what is to be told now, with everything else that waits for the same.
   *
   * @returns whether it is told with others; if not, it is alone.
   */
  takeIn(held: Held): boolean;
}

/** Makes the aftermath of one history. */
export function createAftermath(incidents: IncidentStore, ledger: Ledger): Aftermath {
  let lookedAt = -Infinity;
  /** Whoever closed it by hand knows what is in it. */
  function isTold(id: string): boolean {
    const group = incidents.get(id)?.incident;
    if (group?.condition !== AFTERMATH) return false;
    return isOpen(group) || group.resolution === 'manual' || group.resolution === 'merged';
  }
  const toldWith = (id: string) =>
    incidents.inStatus('suppressed').filter(({ incident }) => incident.suppression?.by === id);

  function explanationOf({ suppression }: Incident): Explanation | undefined {
    if (suppression?.reason !== 'parent' || !isTold(suppression.by)) return undefined;
    return { reason: 'parent', by: suppression.by, text: suppression.text };
  }

  function open(cause: Incident, members: readonly Held[]): Held | undefined {
    const all = members.map(({ incident }) => incident);
    const isGuests = all.every(({ condition }) => condition === 'guest.state.stopped');
    const what = isGuests ? `${all.length} guests are still down` : `${all.length} problems remain`;
    const { cluster, node, storage, product } = cause;
    const about = {
      ...(cluster === undefined ? {} : { cluster }),
      ...(node === undefined ? {} : { node }),
      ...(storage === undefined ? {} : { storage }),
    };
    const titles = all.slice(0, TITLES).map(({ title }) => title);
    const more = all.length > TITLES ? [`and ${all.length - TITLES} more`] : [];
    const now = ledger.now();
    return ledger.open(
      {
        key: `${cluster ?? ''}|aftermath/${cause.id}|${AFTERMATH}`,
        opener: `${AFTERMATH}/${cause.resolvedAt ?? ledger.nowIso()}`,
        anchor: `${AFTERMATH}|${cause.id}`,
      },
      {
        condition: AFTERMATH,
        severity: all.map(({ severity }) => severity).reduce(maxSeverity),
        product,
        ...about,
        title: `${what} after: ${cause.title}`.slice(0, 300),
        cause: [...titles, ...more].join('; ').slice(0, 1_000),
        parent: cause.id,
        ...affectedIn(all),
        since: now,
        facts: [],
        occurrences: 1,
      },
      { family: AFTERMATH, ...about, failed: {}, runs: [], lastFailureAt: now },
    );
  }

  /** Those whose last one is over, and those that have become fewer. */
  function due(): (() => void)[] {
    return incidents.openUnder(`${AFTERMATH}|`).flatMap((group) => {
      const left = toldWith(group.incident.id).map(({ incident }) => incident);
      if (left.length === 0) return [() => ledger.end(group, 'recovered', { text: 'All of it is over' })];
      const patch = affectedIn(left);
      const next = change(group.incident, patch, ledger.nowIso());
      return next === group.incident ? [] : [() => ledger.record(group, next)];
    });
  }

  return {
    explanationOf,
    takeIn({ incident }) {
      const { suppression } = incident;
      if (suppression?.reason !== 'parent') return false;
      const cause = incidents.get(suppression.by)?.incident;
      if (cause === undefined) return false;
      const members = toldWith(cause.id).filter(({ memo }) => memo.freeSince !== undefined);
      const [known] = incidents.openAt(`${AFTERMATH}|${cause.id}`);
      if (known === undefined && members.length < 2) return false;
      const group = known ?? open(cause, members);
      if (group === undefined) return false;
      const { id, title } = group.incident;
      for (const member of members)
        ledger.suppress(member, { reason: 'parent', by: id, text: `Told with others: ${title}` });
      return true;
    },
    isDue() {
      if (Math.abs(ledger.now() - lookedAt) < 10_000) return false;
      if (due().length > 0) return true;
      lookedAt = ledger.now();
      return false;
    },
    look: () => due().forEach((act) => act()),
  };
}

function affectedIn(incidents: readonly Incident[]): Pick<Incident, 'affected'> {
  const guests = incidents.flatMap(({ guest }) => guest ?? []);
  if (guests.length === 0) return {};
  const names = guests
    .sort((a, b) => a.vmid - b.vmid)
    .slice(0, NAMED)
    .map(({ vmid, name }) => (name === undefined ? String(vmid) : `${vmid} (${name.slice(0, 64)})`));
  return { affected: { guests: guests.length, names } };
}
