import type { Mirror, MirrorChange } from '../fleet/mirror.ts';
import { Coalescer } from './coalescer.ts';

/** Fixed addresses of the resources. */
export const RESOURCE_URIS = {
  fleet: 'proxmox://fleet',
  recentEvents: 'proxmox://events/recent',
  openIncidents: 'proxmox://incidents/open',
  incident: (id: string) => `proxmox://incidents/${encodeURIComponent(id)}`,
} as const;

const EVENTS_EVERY_MS = 1_000;
const FLEET_EVERY_MS = 5_000;

/** Turns changes of the live picture and new events into "this resource changed", no more often than readers can use. */
export class ResourceUpdates {
  readonly #fleet: Coalescer;
  readonly #events: Coalescer;
  #stopWatching: (() => void) | undefined;

  /** @param onUpdated called with the URI of a resource that changed. */
  constructor(onUpdated: (uri: string) => void) {
    this.#fleet = new Coalescer({ intervalMs: FLEET_EVERY_MS, maxKeys: 1, call: onUpdated });
    this.#events = new Coalescer({ intervalMs: EVENTS_EVERY_MS, maxKeys: 1_000, call: onUpdated });
  }

  start(mirror: Mirror): void {
    this.#stopWatching = mirror.onChange((change) => this.#onChange(change));
  }

  stop(): void {
    this.#stopWatching?.();
    this.#fleet.stop();
    this.#events.stop();
  }

  /** An event was stored. */
  onEvent(): void {
    this.#events.touch(RESOURCE_URIS.recentEvents);
  }

  #onChange(change: MirrorChange): void {
    if (change.table === 'incidents') {
      this.#events.touch(RESOURCE_URIS.openIncidents);
      const id = change.after?.id ?? change.before?.id;
      if (id !== undefined) this.#events.touch(RESOURCE_URIS.incident(id));
    }
    if (changesHealth(change)) this.#fleet.touch(RESOURCE_URIS.fleet);
  }
}

/** Load figures change with every poll and are no news; a status, a new row or a lost one is. */
function changesHealth({ table, before, after }: MirrorChange): boolean {
  if (table === 'jobs') return false;
  return statusOf(before) !== statusOf(after);
}

function statusOf(row: MirrorChange['before']): string | undefined {
  if (row === undefined) return undefined;
  return 'status' in row ? row.status : 'present';
}
