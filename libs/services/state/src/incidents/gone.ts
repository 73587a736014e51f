import type { Fact } from '@proxmox-mcp/schemas';
import type { IncidentStore } from '../history/incidents.ts';
import type { Entry } from '../reduce/entry.ts';
import { objectOfEntry } from '../rules/object-of.ts';
import { beganAt, resolve, type Held } from './change.ts';
import type { Ledger } from './ledger.ts';

/** An object that is positively not there any more: destroyed, or missing in a whole list. */
export interface Gone {
  readonly cluster: string | undefined;
  /** Middle of its incidents' keys: `guest/101`. */
  readonly object: string;
  readonly vmid?: number;
  readonly title: string;
  /** ISO time since when: what began later is about another of the same name. */
  readonly at: string;
  readonly ref?: string;
}

/** An entry that a whole list lacks. */
export function goneFromList(entry: Entry, at: string): Gone {
  const { object } = objectOfEntry(entry);
  const vmid = entry.kind === 'guest' ? { vmid: entry.vmid } : {};
  return { cluster: entry.cluster, object, ...vmid, title: `${object} is not there any more`, at };
}

/** A guest that was destroyed. */
export function goneByTask({ type, guest, cluster, title, id, startedAt, endedAt }: Fact): Gone | undefined {
  if (type !== 'guest.destroy.succeeded' || guest === undefined) return undefined;
  const { vmid } = guest;
  return { cluster, object: `guest/${vmid}`, vmid, title, at: endedAt ?? startedAt, ref: id };
}

/** Ends what is about an object that is gone: nobody could ever mend it. */
export function followGone(incidents: IncidentStore, ledger: Ledger): (gone: Gone) => void {
  function end(held: Held, { title, ref }: Gone): void {
    const entry = { text: title, ...(ref === undefined ? {} : { ref }) };
    ledger.record(held, resolve(held.incident, 'gone', ledger.nowIso(), entry));
  }

  /** A failed backup of a guest that is gone waits for a success that cannot come. */
  function forget(vmid: number, gone: Gone): void {
    for (const held of incidents.openUnder('backup.job|')) {
      const { cluster, failed } = held.memo;
      if (
        !((failed[vmid] ?? Infinity) <= Date.parse(gone.at)) ||
        (cluster !== undefined && cluster !== gone.cluster)
      )
        continue;
      const { [vmid]: _, ...left } = failed;
      if (Object.keys(left).length === 0) end(held, gone);
      else ledger.record(held, held.incident, { memo: { ...held.memo, failed: left } });
    }
  }

  return (gone) => {
    const prefix = `${gone.cluster ?? ''}|${gone.object}|`;
    for (const held of incidents.openUnderKey(prefix)) if (beganAt(held.incident) <= gone.at) end(held, gone);
    if (gone.vmid !== undefined) forget(gone.vmid, gone);
  };
}
