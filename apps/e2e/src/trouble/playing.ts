import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEMO_SCENARIO, startDemoLab, type DemoLab, type LabTask } from '@proxmox-mcp/lab-kit';
import { callTool, GATEWAY_TOKEN, until, type Row } from './gateway.ts';
import { reservePorts } from './product-process.ts';
import { recordWebhooks, type WebhookRecorder } from './webhook-recorder.ts';

/** World seconds per wall second: the night takes 20 seconds. */
const SPEED = 2.5;

/** A lab that outlives the product, with the failing nightly backup, and the settings of a product for it. */
export interface Night {
  readonly demo: DemoLab;
  readonly folder: string;
  readonly gatewayUrl: string;
  readonly hooks: WebhookRecorder;
  /** Settings of every process of the product: hosts, channels, fixed ports. */
  readonly env: Readonly<Record<string, string>>;
  /** Lets the hosts talk to the product, and begins. */
  begin(): void;
  isOver(): boolean;
  /** Tasks that the night made, PVE and PBS. */
  tasks(): LabTask[];
  /** Unresolved and resolved incidents as the gateway tells them. */
  incidents(): Promise<Row[]>;
  /** Resolves once the night is over and the product has told everything about it. */
  settled(withinMs: number): Promise<void>;
  end(): Promise<void>;
}

/** Starts the lab; the product is the caller's. */
export async function prepareNight(): Promise<Night> {
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-trouble-'));
  const demo = await startDemoLab({ speed: SPEED });
  const [gateway = 0, webhook = 0, syslog = 0] = await reservePorts(3);
  const hooks = await recordWebhooks(`http://127.0.0.1:${webhook}`);
  const gatewayUrl = `http://127.0.0.1:${gateway}`;
  const sites = [...demo.lab.world.sites, demo.lab.pbs];
  const nodes = demo.lab.addresses().map(({ name }) => name);
  const all = () => sites.flatMap((site) => nodes.flatMap((node) => site.tasks.ofNode(node)));
  const before = new Set(all().map(({ upid }) => upid));
  const tasks = () => all().filter(({ upid }) => !before.has(upid));
  let isOver = false;
  const incidents = async () =>
    (await callTool(gatewayUrl, 'incidents_query', { limit: 100 }))['items'] as Row[];
  return {
    demo,
    folder,
    gatewayUrl,
    hooks,
    env: {
      ...demo.env,
      GATEWAY_PORT: String(gateway),
      GATEWAY_TOKEN,
      GATEWAY_RATE_LIMIT: '0',
      WEBHOOK_PORT: String(webhook),
      EVENT_SYSLOG_LISTEN_PORT: String(syslog),
      WEBSOCKET_TASKS_SECONDS: '1',
    },
    begin() {
      demo.talkTo({ webhookUrl: hooks.url, syslog: { host: '127.0.0.1', port: syslog } });
      void demo.play(DEMO_SCENARIO).done.then(() => (isOver = true));
    },
    isOver: () => isOver,
    tasks,
    incidents,
    async settled(withinMs) {
      await until('the end of the night', () => isOver || undefined, withinMs);
      await until(
        'the end of every task in the history',
        async () => {
          const rows = (await callTool(gatewayUrl, 'tasks_query', { limit: 500 }))['items'] as Row[];
          const ended = new Set(rows.filter((row) => row['ended'] !== undefined).map((row) => row['upid']));
          return tasks().every(({ upid }) => ended.has(upid)) || undefined;
        },
        withinMs,
      );
      await until('the message', () => demo.gotify.messages().length > 0 || undefined, withinMs);
      await until(
        'the cause',
        async () => JSON.stringify(await incidents()).includes('nas-backup') || undefined,
        withinMs,
      );
    },
    async end() {
      await hooks.close();
      await demo.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
