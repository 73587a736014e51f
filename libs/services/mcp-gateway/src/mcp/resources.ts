import { compareSeverity } from '@proxmox-mcp/schemas';
import {
  ResourceNotFoundError,
  ResourceTemplate,
  type McpServer,
  type ReadResourceResult,
} from '@modelcontextprotocol/server';
import type { Principal } from '../auth/grants.ts';
import { redact } from '../call/redact.ts';
import { fleetOverview, isUnresolved } from '../fleet/overview.ts';
import type { Mirror } from '../fleet/mirror.ts';
import { INCIDENT_PARTS, incidentRow } from '../fleet/incident-row.ts';
import type { RecentEvents } from '../live/recent-events.ts';
import { RESOURCE_URIS } from '../live/resource-updates.ts';

/** What the resources read from. */
export interface ResourceSources {
  readonly mirror: Mirror;
  readonly recentEvents: RecentEvents;
  readonly now: () => number;
}

const MIME = 'application/json';
const MAX_LISTED = 200;

/** Registers the resources that belong to the principal's toolsets. All of them can be subscribed to. */
export function registerResources(
  server: McpServer,
  sources: ResourceSources,
  { toolsets }: Pick<Principal, 'toolsets'>,
): void {
  if (toolsets.has('core')) registerFleet(server, sources);
  if (toolsets.has('events')) registerEvents(server, sources);
}

function contents(uri: string, now: number, body: Record<string, unknown>): ReadResourceResult {
  const text = JSON.stringify(redact({ as_of: new Date(now).toISOString(), ...body }));
  return { contents: [{ uri, mimeType: MIME, text }] };
}

function registerFleet(server: McpServer, { mirror, now }: ResourceSources): void {
  server.registerResource(
    'fleet',
    RESOURCE_URIS.fleet,
    { title: 'Fleet', description: 'Health of everything, as fleet_overview answers it', mimeType: MIME },
    ({ href }) => contents(href, now(), { ...fleetOverview(mirror, { now: now() }) }),
  );
}

function registerEvents(server: McpServer, { mirror, recentEvents, now }: ResourceSources): void {
  server.registerResource(
    'recent-events',
    RESOURCE_URIS.recentEvents,
    {
      title: 'Recent events',
      description: 'The last 100 events, newest first, with a cursor',
      mimeType: MIME,
    },
    ({ href }) => contents(href, now(), { ...recentEvents.read() }),
  );
  server.registerResource(
    'open-incidents',
    RESOURCE_URIS.openIncidents,
    { title: 'Open incidents', description: 'Unresolved incidents, worst first', mimeType: MIME },
    ({ href }) =>
      contents(href, now(), { items: openIncidents(mirror).map((incident) => incidentRow(incident)) }),
  );
  server.registerResource(
    'incident',
    new ResourceTemplate('proxmox://incidents/{id}', {
      list: undefined,
      complete: {
        id: (prefix) =>
          openIncidents(mirror)
            .map((incident) => incident.id)
            .filter((id) => id.startsWith(prefix))
            .slice(0, 100),
      },
    }),
    { title: 'Incident', description: 'One incident with timeline, findings and evidence', mimeType: MIME },
    ({ href }, { id }) => {
      // An id is letters, digits, "-" and "_": nothing in it is ever escaped.
      const incident = mirror.incident(String(id));
      if (incident === undefined) throw new ResourceNotFoundError(href);
      return contents(href, now(), { data: incidentRow(incident, new Set(INCIDENT_PARTS)) });
    },
  );
}

function openIncidents(mirror: Mirror) {
  return mirror
    .rows('incidents')
    .filter(isUnresolved)
    .sort((a, b) => compareSeverity(b.severity, a.severity) || b.updatedAt.localeCompare(a.updatedAt))
    .slice(0, MAX_LISTED);
}
