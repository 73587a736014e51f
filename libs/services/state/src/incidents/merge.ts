import { maxSeverity, type IncidentCommand } from '@proxmox-mcp/schemas';
import type { IncidentStore } from '../history/incidents.ts';
import { change, isOpen, resolve, type Held } from './change.ts';
import type { Commanded } from './commands.ts';
import type { Ledger } from './ledger.ts';

/** Lets one incident take over another: its facts, its occurrences, and its severity where that is worse. */
export function mergeInto(
  incidents: IncidentStore,
  ledger: Ledger,
  { from, command }: { readonly from: Held; readonly command: IncidentCommand },
): Commanded {
  const { into, by, note } = command;
  const invalid = (message: string): Commanded => ({ kind: 'invalid', message });
  if (into === undefined) return invalid('merge needs `into`, the id of the incident that takes this one');
  if (into === command.id) return invalid('an incident cannot be merged into itself');
  const target = incidents.get(into);
  if (target === undefined) return invalid(`there is no incident ${into}`);
  if (from.incident.resolution === 'merged') return { kind: 'same' };
  if (!isOpen(from.incident)) return invalid(`incident ${command.id} is resolved; reopen it first`);
  if (!isOpen(target.incident)) return invalid(`incident ${into} is resolved; reopen it first`);
  const at = ledger.nowIso();
  const said = { by, ...(note === undefined ? {} : { note }) };
  incidents.moveFacts(command.id, into);
  const patch = {
    facts: incidents.factsOf(into).ids,
    occurrences: target.incident.occurrences + from.incident.occurrences,
    severity: maxSeverity(target.incident.severity, from.incident.severity),
  };
  const text = `Took over: ${from.incident.title}`.slice(0, 1_000);
  ledger.record(
    target,
    change(target.incident, patch, at, { what: 'merged', text, ref: command.id, ...said }),
  );
  const entry = { text: `Merged into: ${target.incident.title}`.slice(0, 1_000), ref: into, ...said };
  return { kind: 'changed', incident: resolve(from.incident, 'merged', at, entry) };
}
