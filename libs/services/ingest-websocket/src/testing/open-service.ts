import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import type { HostConfig } from '@proxmox-mcp/config';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { filters, stateKeys, SourceState, type Event, type Observation } from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { IngestWebsocketConfig } from '../config.ts';
import { createIngestWebsocket } from '../ingest-websocket.ts';
import type { PvePort } from '../pve/pve-port.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

/** The service on a real bus, with a pretend cluster at the far end and time in the test's hand. */
export interface OpenService {
  readonly clock: ManualClock;
  readonly bus: TestBus;
  readonly events: Event[];
  readonly observations: Observation[];
  types(): string[];
  sourceState(): Promise<SourceState | undefined>;
  /** Ends the service without a word to anybody, as a kill does, and starts another one on the same bus. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const HOST: HostConfig = {
  name: 'atlas',
  product: 'pve',
  kind: 'cluster',
  endpoints: [{ host: '192.0.2.11', port: 8006 }],
  auth: { kind: 'token', user: 'mcp@pve', tokenName: 'mcp', secret: 'secret' },
  tls: { kind: 'insecure' },
};

export async function openService(
  createPort: (now: () => number) => PvePort,
  settings: Record<string, string> = {},
): Promise<OpenService> {
  const clock = createManualClock();
  const port = createPort(() => clock.now());
  const t = await openTestBus();
  const events: Event[] = [];
  const observations: Observation[] = [];
  await t.bus.subscribe({ filters: [filters.allEvents], from: 0 }, ({ data }) => void events.push(data));
  await t.bus.subscribe(
    { filters: [filters.allObservations], from: 0 },
    ({ data }) => void observations.push(data),
  );
  let service: Service | undefined;
  const start = async () => {
    const context = testContext(IngestWebsocketConfig.parse(settings), t.bus, {
      hosts: [HOST],
      now: () => clock.now(),
    });
    service = createIngestWebsocket(context, {
      openPort: () => ({ product: 'pve', port }),
      clock,
      random: () => 0.5,
    });
    await service.start(new AbortController().signal);
  };
  const stop = async () => {
    await service?.stop();
    service = undefined;
  };
  await start();
  return {
    clock,
    bus: t,
    events,
    observations,
    types: () => events.map((event) => event.type),
    async sourceState() {
      const entry = await (await t.bus.kv('STATE')).get(stateKeys.source('atlas'));
      return entry && SourceState.parse(JSON.parse(entry.value));
    },
    stop,
    start,
    async close() {
      await stop();
      await t.close();
    },
  };
}
