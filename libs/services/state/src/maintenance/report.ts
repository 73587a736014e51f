import { hash } from 'node:crypto';
import {
  IncidentsQuery,
  compareSeverity,
  type Incident,
  type MaintenanceWindow,
  type Notification,
} from '@proxmox-mcp/schemas';
import type { IncidentStore } from '../history/incidents.ts';

export type Report = NonNullable<MaintenanceWindow['report']>;

/** Titles in a report. */
const MAX_TITLES = 20;

/** Incidents looked at for a report, those that changed last: what a window puts aside, its beginning and end change. */
const MAX_LOOKED_AT = 5_000;

/** Incidents that a window put aside, whatever has become of them. */
export async function putAside(
  { id, from: since }: MaintenanceWindow,
  incidents: Pick<IncidentStore, 'query'>,
): Promise<Incident[]> {
  const found: Incident[] = [];
  let cursor: string | undefined;
  let seen = 0;
  do {
    const next = cursor === undefined ? {} : { cursor };
    const page = await incidents.query(IncidentsQuery.parse({ since, limit: 500, ...next }));
    seen += page.items.length;
    found.push(
      ...page.items.filter(({ timeline }) =>
        timeline.some(({ what, ref }) => what === 'suppressed' && ref === id),
      ),
    );
    cursor = page.nextCursor;
  } while (cursor !== undefined && seen < MAX_LOOKED_AT);
  return found;
}

/** Counts what a window put aside. */
export function reportOf(aside: readonly Incident[], at: string): Report {
  const open = aside.filter(({ status }) => status !== 'resolved');
  const worstFirst = (list: readonly Incident[]) =>
    [...list].sort((a, b) => compareSeverity(b.severity, a.severity)).map(({ title }) => title.slice(0, 500));
  const over = aside.filter(({ status }) => status === 'resolved');
  return {
    at,
    incidents: aside.length,
    open: open.length,
    titles: [...worstFirst(open), ...worstFirst(over)].slice(0, MAX_TITLES),
  };
}

/** What people are told of a window that is over; for one channel. */
export function messageOf(
  { id, reason, from, until, closedAt }: MaintenanceWindow,
  { incidents, open, titles, at }: Report,
  channel: string,
): Notification {
  const shown = titles.map((title, index) => `- ${title}${index < open ? ' (not over)' : ''}`);
  const more = incidents - titles.length;
  return {
    id: `maintenance-${hash('sha256', `${id}\0${channel}`, 'hex').slice(0, 40)}`,
    channel,
    // What is not over is told by its own message; this one only sums up.
    severity: 'info',
    kind: 'message',
    title:
      open === 0
        ? `Maintenance is over: ${count(incidents)}, all over`
        : `Maintenance is over: ${open} of ${count(incidents)} ${open === 1 ? 'is' : 'are'} left`,
    body: [
      `${reason} (${from} to ${closedAt ?? until})`,
      ...shown,
      ...(more > 0 ? [`and ${more} more`] : []),
    ].join('\n'),
    thread: `maintenance/${id}`,
    createdAt: at,
  };
}

const count = (incidents: number) => `${incidents} ${incidents === 1 ? 'problem' : 'problems'}`;
