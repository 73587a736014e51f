import type { Bus } from '@proxmox-mcp/bus';
import type { DeliveryReceipt, Incident } from '@proxmox-mcp/schemas';
import { briefIncident, INCIDENT_PARTS, incidentRow, type IncidentPart } from './incident-row.ts';
import type { Mirror } from './mirror.ts';
import { allReceipts, receiptRow } from './told.ts';

/** The parts of an incident, and `receipts`: who was told, of the notifier's records. */
export const LOOKED_UP_PARTS = [...INCIDENT_PARTS, 'receipts'] as const;
export type LookedUpPart = (typeof LOOKED_UP_PARTS)[number];

/** Children and receipts shown of one incident at most. */
const MAX_SHOWN = 50;

/** Incidents with the parts that stand elsewhere: relatives in the live picture, receipts with the notifier. */
export async function incidentRows(
  incidents: readonly Incident[],
  parts: ReadonlySet<LookedUpPart>,
  { bus, mirror }: { readonly bus: Bus; readonly mirror: Mirror },
): Promise<Record<string, unknown>[]> {
  const own = new Set<IncidentPart>(INCIDENT_PARTS.filter((part) => parts.has(part)));
  const receipts = parts.has('receipts') && incidents.length > 0 ? await allReceipts(bus) : undefined;
  return incidents.map((incident) => ({
    ...incidentRow(incident, own),
    ...(parts.has('related') ? relatives(mirror, incident) : {}),
    ...(receipts === undefined ? {} : { receipts: receiptsOf(receipts, incident.id) }),
  }));
}

function relatives(mirror: Mirror, { id, parent }: Incident): Record<string, unknown> {
  const above = parent === undefined ? undefined : mirror.incident(parent);
  const below = mirror
    .rows('incidents')
    .filter((row) => row.parent === id)
    .slice(0, MAX_SHOWN);
  return {
    ...(above === undefined ? {} : { parent_incident: briefIncident(above) }),
    ...(below.length === 0 ? {} : { child_incidents: below.map(briefIncident) }),
  };
}

function receiptsOf(receipts: readonly DeliveryReceipt[], id: string): Record<string, unknown>[] {
  return receipts
    .filter((receipt) => receipt.incidentId === id)
    .slice(0, MAX_SHOWN)
    .map(receiptRow);
}
