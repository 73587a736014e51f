import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bus } from '@proxmox-mcp/bus';
import { openTestBus } from '@proxmox-mcp/bus/testing';
import { IngestDiscordConfig, ingestDiscord } from '@proxmox-mcp/ingest-discord';
import { EmailConfig, ingestEmail } from '@proxmox-mcp/ingest-email';
import { ingestGotify } from '@proxmox-mcp/ingest-gotify';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { SyslogConfig, ingestSyslog } from '@proxmox-mcp/ingest-syslog';
import { WebhookConfig, ingestWebhook } from '@proxmox-mcp/ingest-webhook';
import { IngestWebsocketConfig, createIngestWebsocket } from '@proxmox-mcp/ingest-websocket';
import {
  createLab,
  createSteppedClock,
  loadScenario,
  startDiscord,
  startGotify,
  startSenders,
  type DiscordReceiver,
  type GotifyReceiver,
  type Lab,
  type LabTask,
  type Scenario,
} from '@proxmox-mcp/lab-kit';
import { Inventory, filters, requests, type DeadLetter, type Fact } from '@proxmox-mcp/schemas';
import type { Service, ServiceContext } from '@proxmox-mcp/service-kit';
import { state } from '@proxmox-mcp/state';
import { clockOf, hostsOf } from '../websocket/watch-lab.ts';

/** What the product made of a day of the lab, and what the lab itself knows of it. */
export interface HeardDay {
  readonly scenario: Scenario;
  /** Every task of the lab since the product heard of it. */
  readonly tasks: readonly LabTask[];
  /** Without those that were merged into others. */
  readonly facts: readonly Fact[];
  readonly deadLetters: readonly DeadLetter[];
  /** Reports by channel: none of the ways in may have been asleep. */
  readonly reports: Readonly<Record<string, number>>;
  /** Notifications the senders could not deliver, as `channel: reason`. */
  readonly undelivered: readonly string[];
}

const TOKEN = 'a-token-of-the-soak';
/** Wall milliseconds per turn: what is on its way through sockets gets there before the world is much older. */
const TURN_MS = 5;
const MAIL_FROM = 'proxmox@example.net';
/** Discord cuts nothing: what is longer is refused. A relay in between that cuts makes the copies incomplete, which is harder. */
const DISCORD_LIMIT = 2_000;
const NO_LIMIT = { limit: 100_000, perMs: 1_000 };
/** World seconds heard after the end: the last polls, logs and mails come late. */
const AFTERMATH_S = 180;

/**
 * Plays a day to a product that hears of it by polling, syslog, webhooks, mail, Gotify and Discord at once.
 *
 * @param speed world seconds per wall second; a machine that is too slow for it slows the world and loses nothing of it.
 */
export async function hearDay(day: string, speed: number): Promise<HeardDay> {
  const scenario = loadScenario(day);
  const clock = createSteppedClock(Math.floor(Date.now() / 1000) * 1000);
  const lab = createLab({ clock, seed: 'soak', delays: { authMs: 5, peerMs: 20 } });
  const now = () => clock.now();
  await lab.start();
  const gotify = await startGotify({ now });
  const discord = await startDiscord({ now, rateLimit: NO_LIMIT, readLimit: NO_LIMIT });
  const dataDir = await mkdtemp(join(tmpdir(), 'proxmox-mcp-soak-'));
  const t = await openTestBus();
  const services: Service[] = [];
  const turn = async (ms: number) => {
    clock.advance(ms);
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  };
  try {
    const stepMs = Math.max(1, Math.round(speed * TURN_MS));
    const pass = async (seconds: number) => {
      for (let ms = 0; ms < seconds * 1000; ms += stepMs) await turn(stepMs);
    };
    const context = { dataDir, inventory: inventoryOf(lab, gotify, discord), hosts: hostsOf(lab), now };
    const ways = waysIn(t.bus, { context, gotify, discord, clock: clockOf(clock) });
    services.push(state.create(testContext(state.config.parse({}), t.bus, context)), ...Object.values(ways));
    await Promise.all(services.map((service) => service.start(new AbortController().signal)));
    const tasks = new Map<string, LabTask>();
    const known = new Set(tasksOf(lab).map(({ upid }) => upid));
    const collect = () => {
      for (const task of tasksOf(lab)) if (!known.has(task.upid)) tasks.set(task.upid, task);
    };
    const senders = startSenders(lab, targets(ways, gotify, discord));
    await pass(60);
    let isOver = false;
    const playing = lab.play(scenario);
    void playing.done.then(() => (isOver = true));
    while (!isOver) {
      await turn(stepMs);
      collect();
    }
    await pass(AFTERMATH_S);
    collect();
    await senders.settled();
    await quiet(t.bus);
    const heard = { ...(await read(t.bus)), scenario, tasks: [...tasks.values()] };
    await senders.stop();
    return { ...heard, undelivered: senders.failures() };
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    await t.close();
    await lab.stop();
    await Promise.all([gotify.close(), discord.close()]);
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Around {
  readonly context: Pick<ServiceContext<unknown>, 'dataDir' | 'inventory' | 'hosts' | 'now'>;
  readonly gotify: GotifyReceiver;
  readonly discord: DiscordReceiver;
  readonly clock: ReturnType<typeof clockOf>;
}

function waysIn(bus: Bus, { context, gotify, discord, clock }: Around) {
  const gotifyConfig = ingestGotify.config.parse({
    GOTIFY_IN_SERVER_URL: gotify.url,
    GOTIFY_IN_CLIENT_TOKEN: gotify.clientToken,
    GOTIFY_IN_APP_IDS: '2',
  });
  return {
    api: createIngestWebsocket(testContext(IngestWebsocketConfig.parse({}), bus, context), { clock }),
    syslog: ingestSyslog.create(
      testContext(SyslogConfig.parse({ EVENT_SYSLOG_LISTEN_PORT: '0' }), bus, context),
    ),
    webhook: ingestWebhook.create(
      testContext(WebhookConfig.parse({ WEBHOOK_PORT: '0', WEBHOOK_IN_TOKEN: TOKEN }), bus, context),
    ),
    email: ingestEmail.create(
      testContext(
        EmailConfig.parse({ EVENT_EMAIL_SMTP_LISTEN_PORT: '0', EVENT_EMAIL_ALLOWED_FROM: MAIL_FROM }),
        bus,
        context,
      ),
    ),
    gotify: ingestGotify.create(testContext(gotifyConfig, bus, context)),
    discord: ingestDiscord.create(
      testContext(
        IngestDiscordConfig.parse({
          DISCORD_IN_BOT_TOKEN: discord.botToken,
          DISCORD_IN_CHANNEL_IDS: discord.channelId,
          DISCORD_IN_WEBHOOK_IDS: discord.webhookId,
          DISCORD_IN_API_URL: discord.apiUrl,
        }),
        bus,
        context,
      ),
    ),
  };
}

function targets(
  ways: ReturnType<typeof waysIn>,
  gotify: GotifyReceiver,
  discord: DiscordReceiver,
): Parameters<typeof startSenders>[1] {
  const port = (service: Service, key: string) => Number(service.details?.()[key]);
  const host = '127.0.0.1';
  return {
    syslog: { host, port: port(ways.syslog, 'port'), transport: 'tcp', framing: 'octet' },
    webhook: {
      url: ({ cluster, node }) =>
        `http://${host}:${port(ways.webhook, 'port')}/hooks/proxmox/${cluster ?? node}`,
      token: TOKEN,
    },
    gotify: { url: gotify.url, token: gotify.applications[1]?.token ?? '' },
    smtp: { host, port: port(ways.email, 'port'), from: MAIL_FROM },
    discord: { url: discord.webhookUrl, cutAt: DISCORD_LIMIT },
  };
}

function inventoryOf(lab: Lab, gotify: GotifyReceiver, discord: DiscordReceiver): Inventory {
  const pve = lab.world.sites.map((site) => ({
    id: site.clusterName ?? [...site.nodes.keys()][0] ?? '',
    product: 'pve',
    cluster: site.clusterName ?? null,
    domain: site.domain,
    nodes: [...site.nodes.keys()].map((name) => ({ name })),
  }));
  const sources = [...pve, { id: lab.pbs.name, product: 'pbs', nodes: [{ name: lab.pbs.name }] }];
  const ids = sources.map(({ id }) => id);
  return Inventory.parse({
    sources,
    gotify: { apps: { [String(gotify.applications[1]?.id)]: ids } },
    discord: { channels: { [discord.channelId]: ids } },
  });
}

function tasksOf(lab: Lab): LabTask[] {
  const pve = lab.world.sites.flatMap((site) =>
    [...site.nodes.keys()].flatMap((node) => site.tasks.ofNode(node)),
  );
  return [...pve, ...lab.pbs.tasks.ofNode(lab.pbs.name)];
}

/** Resolves when nothing has moved on the bus for a while. */
async function quiet(bus: Bus): Promise<void> {
  const position = async () =>
    JSON.stringify(await Promise.all((['EVENTS', 'FACTS', 'RAW'] as const).map((s) => bus.lastSeq(s))));
  let before = '';
  for (let now = await position(); now !== before; now = await position()) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function read(bus: Bus): Promise<Pick<HeardDay, 'facts' | 'deadLetters' | 'reports'>> {
  const facts: Fact[] = [];
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const page = await bus.request(requests.facts, { limit: 500, ...(cursor !== undefined && { cursor }) });
    facts.push(...page.items);
    cursor = page.nextCursor;
  }
  const reports: Record<string, number> = {};
  let seen = 0;
  await bus.subscribe({ filters: [filters.allEvents], from: 0 }, ({ data, seq }) => {
    reports[data.channel] = (reports[data.channel] ?? 0) + 1;
    seen = seq;
  });
  const deadLetters: DeadLetter[] = [];
  await bus.subscribe({ filters: [filters.allDeadLetters], from: 0 }, ({ data }) => deadLetters.push(data));
  const [lastEvent, lastLetter] = [await bus.lastSeq('EVENTS'), await bus.lastSeq('DEADLETTER')];
  while (seen < lastEvent || deadLetters.length < lastLetter)
    await new Promise((resolve) => setImmediate(resolve));
  return { facts: facts.filter(({ mergedInto }) => mergedInto === undefined), deadLetters, reports };
}
