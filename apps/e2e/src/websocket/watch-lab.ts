import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import type { HostConfig } from '@proxmox-mcp/config';
import type { Clock } from '@proxmox-mcp/proxmox-client';
import { countMetrics, testContext } from '@proxmox-mcp/ingest-kit/testing';
import { createIngestWebsocket, IngestWebsocketConfig } from '@proxmox-mcp/ingest-websocket';
import {
  createLab,
  createRunningClock,
  type Lab,
  type LabOptions,
  type WorldClock,
} from '@proxmox-mcp/lab-kit';
import {
  SourceState,
  filters,
  stateKeys,
  type DeadLetter,
  type Event,
  type Observation,
} from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';

/** The live feed watching a pretend lab over real HTTPS, on a real bus, with the lab's fast time. */
export interface WatchedLab {
  readonly lab: Lab;
  readonly bus: TestBus;
  readonly events: Event[];
  readonly observations: Observation[];
  readonly deadLetters: DeadLetter[];
  /** Resolves when it is true; checked whenever the lab's time moves. @throws {Error} after `seconds` of the lab. */
  until(isTrue: () => boolean, seconds: number): Promise<void>;
  sourceState(name: string): Promise<SourceState | undefined>;
  /** @param settings of this run, over the defaults. */
  startService(instance?: string, settings?: Readonly<Record<string, string>>): Promise<Service>;
  /** What a poll of a source remembers of each node; empty before its first answer. */
  seenBy(source: string, poll: string): Promise<string[]>;
  /** Requests to hosts so far, of all services together. */
  requests(): number;
  close(): Promise<void>;
}

/** @param speed seconds of the lab per second of ours. */
export async function watchLab(options: LabOptions = {}, speed = 20): Promise<WatchedLab> {
  const world = createRunningClock({ speed });
  const lab = createLab({
    delays: { authMs: 5, peerMs: 20 },
    seed: 'websocket',
    ...options,
    clock: world,
  });
  await lab.start();
  const t = await openTestBus();
  const [events, observations, deadLetters]: [Event[], Observation[], DeadLetter[]] = [[], [], []];
  const from = 0;
  await t.bus.subscribe({ filters: [filters.allEvents], from }, ({ data }) => void events.push(data));
  await t.bus.subscribe(
    { filters: [filters.allObservations], from },
    ({ data }) => void observations.push(data),
  );
  await t.bus.subscribe(
    { filters: [filters.allDeadLetters], from },
    ({ data }) => void deadLetters.push(data),
  );
  const clock = clockOf(world);
  const counted = countMetrics();
  const services: Service[] = [];
  return {
    lab,
    bus: t,
    events,
    observations,
    deadLetters,
    async until(isTrue, seconds) {
      const end = world.now() + seconds * 1000;
      while (!isTrue()) {
        if (world.now() > end) throw new Error(`not true within ${seconds} s of the lab`);
        await clock.sleep(200);
      }
    },
    async sourceState(name) {
      const entry = await (await t.bus.kv('STATE')).get(stateKeys.source(name));
      return entry && SourceState.parse(JSON.parse(entry.value));
    },
    async seenBy(source, poll) {
      const entry = await (await t.bus.kv('CURSORS')).get(`websocket.${source}.${poll}`);
      const saved = JSON.parse(entry?.value ?? '{}') as { memory?: { seen?: Record<string, unknown> } };
      return Object.keys(saved.memory?.seen ?? {});
    },
    requests: () => counted.counts.get('websocket_requests_total{}') ?? 0,
    async startService(instance = 'one', settings = {}) {
      const context = testContext(IngestWebsocketConfig.parse(settings), t.bus, {
        hosts: hostsOf(lab),
        instance,
        metrics: counted.metrics,
        now: () => world.now(),
      });
      const service = createIngestWebsocket(context, { clock });
      services.push(service);
      await service.start(new AbortController().signal);
      return service;
    },
    async close() {
      await Promise.all(services.map((service) => service.stop()));
      await t.close();
      await lab.stop();
    },
  };
}

/** The lab's servers as an operator would configure them: the cluster with its members, the rest alone. */
export function hostsOf(lab: Lab): HostConfig[] {
  const hosts = new Map<string, HostConfig>();
  for (const address of lab.addresses()) {
    const name = address.cluster ?? address.name;
    const endpoint = { host: address.host, port: address.port };
    const known = hosts.get(name);
    hosts.set(name, {
      name,
      product: address.product,
      kind: address.cluster === undefined ? 'standalone' : 'cluster',
      endpoints: [...(known?.endpoints ?? []), endpoint],
      auth: { kind: 'token', user: address.user, tokenName: address.tokenName, secret: address.secret },
      tls: { kind: 'insecure' },
    });
  }
  return [...hosts.values()];
}

/** The world's time as a service's clock. */
export function clockOf(world: WorldClock): Clock {
  return {
    now: () => world.now(),
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const cancel = world.schedule(world.now() + ms, () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        });
        const abort = () => {
          cancel();
          reject(signal?.reason as Error);
        };
        signal?.addEventListener('abort', abort, { once: true });
      }),
  };
}
