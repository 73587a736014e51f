import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// The one that is not faked: the bus and the sockets need their turns.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { Bus } from '@proxmox-mcp/bus';
import { openTestBus } from '@proxmox-mcp/bus/testing';
import type { HostConfig } from '@proxmox-mcp/config';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { createIngestWebsocket, IngestWebsocketConfig } from '@proxmox-mcp/ingest-websocket';
import { createFakePve, type FakePve } from '@proxmox-mcp/ingest-websocket/testing';
import { startWebhookSink } from '@proxmox-mcp/lab-kit';
import { notifier } from '@proxmox-mcp/notifier';
import type { StorageResource } from '@proxmox-mcp/proxmox-client';
import * as z from 'zod';
import { filters, Notification, requests, type Incident } from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { state } from '@proxmox-mcp/state';

/** Monday, midnight. */
const START = Date.UTC(2026, 2, 16);

/** What is due within a step comes at its end: a week has many seconds, and nothing here is finer than a poll. */
const STEP_MS = 5_000;
/** Turns of the event loop that work between two steps may take: poll, bus, state, bus, notifier. */
const TURNS = 8;
/** The same where a channel is away: what it refuses is never heard. */
const TURNS_AWAY = 40;

const HOST: HostConfig = {
  name: 'atlas',
  product: 'pve',
  kind: 'cluster',
  endpoints: [{ host: '192.0.2.11', port: 8006 }],
  auth: { kind: 'token', user: 'mcp@pve', tokenName: 'mcp', secret: 'secret' },
  tls: { kind: 'insecure' },
};

/** What the webhook channel posts, as far as a reader of it cares. */
const Sent = z.object(Notification.shape).pick({ kind: true, title: true, body: true, incidentId: true });

/** One message that somebody got. */
export interface Message {
  readonly at: number;
  readonly channel: 'webhook' | 'n8n';
  readonly kind: string;
  readonly title: string;
  readonly body: string;
  readonly incidentId: string | undefined;
}

/** The live feed, the state and the notifier as they run, on one bus, around a pretend cluster whose time flies. */
export interface Week {
  readonly bus: Bus;
  readonly pve: FakePve;
  readonly storages: Map<string, StorageResource>;
  /** Everything that was sent, oldest first. */
  readonly messages: readonly Message[];
  /** Milliseconds of the week that have passed. */
  elapsed(): number;
  /** Lets time pass. */
  pass(seconds: number): Promise<void>;
  /** Lets time pass until a moment of the week; `at(2, 1, 30)` is Wednesday, half past one. */
  passTo(day: number, hour: number, minute?: number): Promise<void>;
  incidents(): Promise<readonly Incident[]>;
  /** Ends state and notifier, and starts others on what they left. */
  restart(): Promise<void>;
  /** From now on the channels refuse everything, or take it again. */
  channelsAre(word: 'away' | 'back'): void;
  close(): Promise<void>;
}

/** What a week has otherwise. */
export interface WeekOptions {
  /** What stands in the YAML files of the config folder. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** Another channel, n8n, is on as well. */
  readonly hasN8n?: boolean;
}

/** @param settings of the live feed, over slower ones than the defaults: a week has many looks. */
export async function openWeek(
  nodes: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  { files = {}, hasN8n = false }: WeekOptions = {},
): Promise<Week> {
  jest.useFakeTimers({
    now: START,
    doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask', 'performance', 'hrtime'],
  });
  const sink = await startWebhookSink({ now: () => Date.now() });
  const dataDir = await mkdtemp(join(tmpdir(), 'proxmox-mcp-week-'));
  const t = await openTestBus();
  const pve = createFakePve(() => Date.now(), nodes);
  const storages = new Map<string, StorageResource>();
  const port = {
    ...pve,
    resources: async (signal: AbortSignal) => [...(await pve.resources(signal)), ...storages.values()],
  };
  const messages: Message[] = [];
  let published = 0;
  let heard = 0;
  let refuses = false;
  /** Something that was refused has not come yet. */
  let isAway = false;
  await t.bus.subscribe({ filters: [filters.allNotifications], from: 0 }, () => void published++);

  const context = { dataDir, files, hosts: [HOST], now: () => Date.now() };
  const feed = IngestWebsocketConfig.parse({
    WEBSOCKET_TASKS_SECONDS: '10',
    WEBSOCKET_RESOURCES_SECONDS: '10',
    ...settings,
  });
  const out = notifier.config.parse({
    NOTIFY_WEBHOOK_ENABLED: 'true',
    NOTIFY_WEBHOOK_URL: `${sink.url}/webhook`,
    ...(hasN8n ? { N8N_ENABLED: 'true', N8N_WEBHOOK_URL: `${sink.url}/n8n` } : {}),
  });
  const core = () => [
    state.create(testContext(state.config.parse({}), t.bus, context)),
    notifier.create(testContext(out, t.bus, context)),
  ];
  const live = createIngestWebsocket(testContext(feed, t.bus, context), {
    openPort: () => ({ product: 'pve', port }),
    clock: { now: () => Date.now(), sleep },
    random: () => 0.5,
  });
  let services = core();
  const start = async (some: readonly Service[]) => {
    for (const service of some) await service.start(new AbortController().signal);
  };
  await start([...services, live]);

  /** What is under way by itself comes to its end before time goes on. */
  const settle = async () => {
    for (let turn = 0; turn < TURNS; turn++) await nextTurn();
    // A message takes as long as the network does, and the week stands still meanwhile.
    for (let turn = 0; heard < published && (!isAway || turn < TURNS_AWAY); turn++) {
      await nextTurn();
      for (const { path, json } of sink.messages().slice(messages.length)) {
        const { kind, title, body, incidentId } = Sent.parse(json);
        const channel = path === '/n8n' ? 'n8n' : 'webhook';
        messages.push({ at: Date.now() - START, channel, kind, title, body, incidentId });
      }
      heard = messages.length;
    }
    if (heard === published && !refuses) isAway = false;
  };
  const pass = async (seconds: number) => {
    const end = Date.now() + seconds * 1_000;
    while (Date.now() < end) {
      jest.advanceTimersByTime(Math.min(STEP_MS, end - Date.now()));
      await settle();
    }
  };
  return {
    bus: t.bus,
    pve,
    storages,
    messages,
    elapsed: () => Date.now() - START,
    pass,
    passTo: (day, hour, minute = 0) =>
      pass((START + ((day * 24 + hour) * 60 + minute) * 60_000 - Date.now()) / 1_000),
    async incidents() {
      const answer = await t.bus.request(requests.incidents, { limit: 500 });
      return answer.items;
    },
    async restart() {
      let isDown = false;
      const stopped = Promise.all(services.map((service) => service.stop())).then(() => void (isDown = true));
      // What they wait for comes with time.
      while (!isDown) {
        jest.advanceTimersByTime(10);
        await nextTurn();
      }
      await stopped;
      services = core();
      await start(services);
    },
    channelsAre(word) {
      refuses = word === 'away';
      if (refuses) isAway = true;
      sink.failNext(refuses ? Number.MAX_SAFE_INTEGER : 0, 503);
    },
    async close() {
      jest.useRealTimers();
      await Promise.all([...services, live].map((service) => service.stop()));
      await t.close();
      await sink.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}
