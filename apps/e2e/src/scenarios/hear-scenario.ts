import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bus } from '@proxmox-mcp/bus';
import { openTestBus } from '@proxmox-mcp/bus/testing';
import { diagnostics } from '@proxmox-mcp/diagnostics';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { SyslogConfig, ingestSyslog } from '@proxmox-mcp/ingest-syslog';
import { WebhookConfig, ingestWebhook } from '@proxmox-mcp/ingest-webhook';
import { IngestWebsocketConfig, createIngestWebsocket } from '@proxmox-mcp/ingest-websocket';
import {
  createLab,
  createSteppedClock,
  loadScenario,
  startGotify,
  startSenders,
  type GotifyMessage,
  type Lab,
  type Scenario,
} from '@proxmox-mcp/lab-kit';
import { NotifierConfig, notifier } from '@proxmox-mcp/notifier';
import {
  Inventory,
  filters,
  requests,
  type DeadLetter,
  type Event,
  type Fact,
  type Incident,
} from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { state } from '@proxmox-mcp/state';
import { clockOf, hostsOf } from '../websocket/watch-lab.ts';
import { createWorldTime } from './world-time.ts';

/** A way by which the product hears of the lab. */
export type Way = 'api' | 'syslog' | 'webhook';
export const WAYS: readonly Way[] = ['api', 'syslog', 'webhook'];

/** What the product made of a scenario. */
export interface Heard {
  readonly scenario: Scenario;
  readonly events: readonly Event[];
  /** Without those that were merged into others. */
  readonly facts: readonly Fact[];
  readonly incidents: readonly Incident[];
  /** What the lab's Gotify got, oldest first. */
  readonly messages: readonly Told[];
  readonly deadLetters: readonly DeadLetter[];
}

/** A message that reached the lab's Gotify. */
export interface Told {
  readonly incidentId: string;
  readonly kind: string;
  readonly title: string;
  readonly message: string;
}

/** What has to last for minutes may or may not have lasted when a scenario ends; the week and the rules' own tests try it. */
const RULES = { rules: { 'datastore-usage': { enabled: false }, 'storage-usage': { enabled: false } } };

const TOKEN = 'a-token-of-the-lab';
/** Wall seconds an opening waits for the rest of its story: one that is complete goes sooner, and the world is fast. */
const GROUP_WAIT_S = 1;
/** World seconds that are heard after the end: the last polls, logs and list entries come late. */
const AFTERMATH_S = 100;
/** Wall milliseconds in which nothing has moved on the bus or in Gotify: everything is said. */
const SILENCE_MS = 300;
/** The notifier looks at a lost node this often, whatever the grace. */
const NODE_LOOK_MS = 5_000;

/**
 * Plays a scenario to a product that hears of it by these ways only, and returns what it made of it.
 *
 * @param nodeGraceS wall seconds that a node may be offline before it is told: the product's wait is the wall's, the world is fast.
 */
export async function hearScenario(name: string, ways: readonly Way[], nodeGraceS = 1): Promise<Heard> {
  const scenario = loadScenario(name);
  const clock = createSteppedClock(Math.floor(Date.now() / 1000) * 1000);
  const lab = createLab({ clock, seed: 'scenarios', delays: { authMs: 5, peerMs: 20 } });
  await lab.start();
  const gotify = await startGotify();
  const dataDir = await mkdtemp(join(tmpdir(), 'proxmox-mcp-e2e-'));
  const t = await openTestBus();
  const services: Service[] = [];
  const time = createWorldTime(lab, clock);
  try {
    const context = {
      dataDir,
      inventory: inventoryOf(lab),
      hosts: ways.includes('api') ? hostsOf(lab) : [],
      now: () => clock.now(),
    };
    const syslog = ingestSyslog.create(
      testContext(SyslogConfig.parse({ EVENT_SYSLOG_LISTEN_PORT: '0' }), t.bus, context),
    );
    const webhook = ingestWebhook.create(
      testContext(WebhookConfig.parse({ WEBHOOK_PORT: '0', WEBHOOK_IN_TOKEN: TOKEN }), t.bus, context),
    );
    services.push(
      state.create(
        testContext(state.config.parse({}), t.bus, { ...context, files: { 'rules.yaml': RULES } }),
      ),
      diagnostics.create(testContext(diagnostics.config.parse({}), t.bus, context)),
      notifier.create(
        testContext(
          NotifierConfig.parse({
            GOTIFY_OUT_ENABLED: 'true',
            GOTIFY_OUT_SERVER_URL: gotify.url,
            GOTIFY_OUT_APP_TOKEN: gotify.appToken,
            NOTIFY_GROUP_WAIT: String(GROUP_WAIT_S),
            NOTIFY_NODE_GRACE: String(nodeGraceS),
          }),
          t.bus,
          // The real clock: the waits of the bus and the ages of notifications are the wall's.
          { ...context, now: Date.now },
        ),
      ),
      syslog,
      webhook,
    );
    if (ways.includes('api'))
      services.push(
        createIngestWebsocket(testContext(IngestWebsocketConfig.parse({}), t.bus, context), {
          clock: clockOf(clock),
        }),
      );
    await Promise.all(services.map((service) => service.start(new AbortController().signal)));
    const senders = startSenders(lab, {
      ...(ways.includes('syslog') && { syslog: { ...portOf(syslog), transport: 'tcp', framing: 'octet' } }),
      ...(ways.includes('webhook') && {
        webhook: {
          url: ({ cluster, node }) =>
            `http://127.0.0.1:${portOf(webhook).port}/hooks/proxmox/${cluster ?? node}`,
          token: TOKEN,
        },
      }),
    });
    await time.pass(30);
    await time.play(scenario);
    await time.pass(AFTERMATH_S);
    await senders.settled();
    const losesNode = scenario.expected.incidents.some(({ condition }) => condition === 'node.state.offline');
    await silence(t.bus, () => gotify.messages().length, losesNode ? NODE_LOOK_MS : 0);
    const heard = { ...(await read(t.bus)), scenario, messages: gotify.messages().map(told) };
    await senders.stop();
    return heard;
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    await t.close();
    await lab.stop();
    await gotify.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function portOf(service: Service): { host: string; port: number } {
  return { host: '127.0.0.1', port: Number(service.details?.()['port']) };
}

function inventoryOf(lab: Lab): Inventory {
  const pve = lab.world.sites.map((site) => ({
    id: site.clusterName ?? [...site.nodes.keys()][0],
    product: 'pve',
    cluster: site.clusterName ?? null,
    nodes: [...site.nodes.keys()].map((name) => ({ name })),
  }));
  return Inventory.parse({
    sources: [...pve, { id: lab.pbs.name, product: 'pbs', nodes: [{ name: lab.pbs.name }] }],
  });
}

function told(message: GotifyMessage): Told {
  const ours = (message.extras?.['proxmox-mcp::notification'] ?? {}) as Record<string, unknown>;
  return {
    incidentId: String(ours['incidentId']),
    kind: String(ours['kind']),
    title: message.title,
    message: message.message,
  };
}

/** Resolves when nothing has moved for a while: longer than an opening waits for its story. */
async function silence(bus: Bus, messages: () => number, leastMs: number): Promise<void> {
  const position = async () =>
    JSON.stringify([
      messages(),
      ...(await Promise.all((['EVENTS', 'INCIDENTS', 'NOTIFICATIONS'] as const).map((s) => bus.lastSeq(s)))),
    ]);
  const wait = Math.max(leastMs, GROUP_WAIT_S * 1000) + SILENCE_MS;
  let before = '';
  for (let now = await position(); now !== before; now = await position()) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function read(bus: Bus) {
  const facts = await everyPage((cursor) =>
    bus.request(requests.facts, { limit: 500, ...(cursor !== undefined && { cursor }) }),
  );
  const events = await everyPage((cursor) =>
    bus.request(requests.events, {
      limit: 500,
      order: 'oldest',
      ...(cursor !== undefined && { cursor }),
    }),
  );
  const { items: incidents } = await bus.request(requests.incidents, { limit: 500 });
  const deadLetters: DeadLetter[] = [];
  const lastLetter = await bus.lastSeq('DEADLETTER');
  await bus.subscribe({ filters: [filters.allDeadLetters], from: 0 }, ({ data }) => deadLetters.push(data));
  while (deadLetters.length < lastLetter) await new Promise((resolve) => setImmediate(resolve));
  return { facts: facts.filter((fact) => fact.mergedInto === undefined), events, incidents, deadLetters };
}

async function everyPage<T>(
  ask: (cursor: string | undefined) => Promise<{ items: T[]; nextCursor?: string | undefined }>,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return items;
}
