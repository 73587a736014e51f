import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import { createIngestDiscord, IngestDiscordConfig } from '@proxmox-mcp/ingest-discord';
import { countMetrics, testContext } from '@proxmox-mcp/ingest-kit/testing';
import { startDiscord, type DiscordOptions, type DiscordReceiver } from '@proxmox-mcp/lab-kit';
import {
  filters,
  Inventory,
  SourceState,
  stateKeys,
  type DeadLetter,
  type Event,
} from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { setTimeout as pause } from 'node:timers/promises';

/** Time runs so many times faster for the service. */
const SPEED = 50;

const INVENTORY = Inventory.parse({
  sources: [
    { id: 'atlas', product: 'pve', cluster: 'atlas', domain: 'example.net', nodes: [{ name: 'pve1' }] },
    { id: 'pbs1', product: 'pbs', domain: 'example.net', nodes: [{ name: 'pbs1' }] },
  ],
});

/** The service on a real bus, against a pretend Discord. */
export interface Reading {
  readonly discord: DiscordReceiver;
  readonly bus: TestBus;
  readonly events: Event[];
  readonly letters: DeadLetter[];
  readonly counts: ReadonlyMap<string, number>;
  readonly services: readonly Service[];
  /** Job ids of the prune jobs that were told, in order. */
  told(): string[];
  /** A PBS posts that a prune job went well. */
  post(jobId: string, url?: string): Promise<void>;
  state(): Promise<SourceState | undefined>;
  /** Waits until the source is in this state, with these reasons. */
  isIn(status: SourceState['status'], ...reasons: string[]): Promise<SourceState>;
  /** Starts a replica, the first one too. */
  start(instance?: string): Promise<Service>;
  /** Stops all replicas. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface ReadingOptions {
  readonly settings?: Record<string, string>;
  readonly discord?: DiscordOptions;
  readonly inventory?: Inventory;
  /** Before the service starts. */
  readonly prepare?: (reading: Reading) => Promise<void> | void;
}

export async function openReading({
  settings = {},
  inventory = INVENTORY,
  prepare,
  ...more
}: ReadingOptions = {}): Promise<Reading> {
  const discord = await startDiscord({
    rateLimit: { limit: 10_000, perMs: 1_000 },
    readLimit: { limit: 10_000, perMs: 1_000 },
    ...more.discord,
  });
  const t = await openTestBus();
  const { metrics, counts } = countMetrics();
  const events: Event[] = [];
  const letters: DeadLetter[] = [];
  await t.bus.subscribe({ filters: [filters.allEvents], from: 0 }, ({ data }) => void events.push(data));
  await t.bus.subscribe(
    { filters: [filters.allDeadLetters], from: 0 },
    ({ data }) => void letters.push(data),
  );
  const services: Service[] = [];
  const [begun, begunAt] = [Date.now(), performance.now()];
  const state = async () => {
    const entry = await (await t.bus.kv('STATE')).get(stateKeys.source('ingest-discord'));
    return entry && SourceState.parse(JSON.parse(entry.value));
  };
  const reading: Reading = {
    discord,
    bus: t,
    events,
    letters,
    counts,
    services,
    told: () => events.map(({ facts }) => String(facts['job_id'])),
    post: (jobId, url = discord.webhookUrl) => postPrune(url, jobId),
    state,
    async isIn(status, ...reasons) {
      let now: SourceState | undefined;
      for (let i = 0; i < 2_000; i++) {
        now = await state();
        const found = now?.degraded.map(({ reason }) => reason) ?? [];
        if (now?.status === status && found.join() === reasons.join()) return now;
        await pause(5);
      }
      throw new Error(`not ${status}: ${JSON.stringify(now)}`);
    },
    async start(instance = 'test') {
      const config = IngestDiscordConfig.parse({
        DISCORD_IN_API_URL: discord.apiUrl,
        DISCORD_IN_BOT_TOKEN: discord.botToken,
        DISCORD_IN_CHANNEL_IDS: discord.channelId,
        DISCORD_IN_WEBHOOK_IDS: discord.webhookId,
        ...settings,
      });
      const context = testContext(config, t.bus, { inventory, metrics, instance });
      const clock = {
        now: () => begun + (performance.now() - begunAt) * SPEED,
        sleep: (ms: number, signal?: AbortSignal) =>
          pause(ms / SPEED, undefined, signal && { signal }).then(() => undefined),
      };
      const service = createIngestDiscord(context, { clock, random: () => 0.5, leaseTtlMs: 300 });
      services.push(service);
      await service.start(new AbortController().signal);
      return service;
    },
    async stop() {
      await Promise.all(services.splice(0).map((service) => service.stop()));
    },
    async close() {
      await reading.stop();
      await discord.close();
      await t.close();
    },
  };
  await prepare?.(reading);
  await reading.start();
  return reading;
}

/** Waits until something is so. @throws after 20 s. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; !(await isSo()); i++) {
    if (i > 4_000) throw new Error(`in vain: ${isSo.toString()}`);
    await pause(5);
  }
}

/** Posts what a PBS posts when a prune job went well, by the template of the Proxmox documentation. */
export async function postPrune(webhookUrl: string, jobId: string): Promise<void> {
  const content = `\`\`\` Job ID:       ${jobId}\nDatastore:    tank\n\nPruning successful.\n\n\nPlease visit the web interface for further details:\n\n<https://pbs1.example.net:8007/#DataStore-tank>\n\`\`\``;
  const answer = await fetch(webhookUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ content }),
  });
  if (answer.status !== 204) throw new Error(`HTTP ${answer.status}`);
}
