import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read } from '@proxmox-mcp/checks';
import { startDemoLab } from '@proxmox-mcp/lab-kit';
import { connectModern } from '../product/clients.ts';
import { FREE_PORTS, startOneProcess } from '../product/one-process.ts';
import type { Product } from '../product/product.ts';
import { openShell, type Shell } from './shell.ts';

// The commands as README.md and docs/operations.md write them; tools/checks compares.
const HELP = 'npm run -s pmx -- help';
const TEST_CONNECTION = 'npm run -s pmx -- test-connection';
const CREATE = 'npm run -s pmx -- token create --name alice --scope read';
const CREATE_OPERATOR = 'npm run -s pmx -- token create --name oncall --scope operate';
const LIST = 'npm run -s pmx -- token list';
const REVOKE = 'npm run -s pmx -- token revoke alice';
const INCIDENTS = 'npm run -s pmx -- history incidents --token "$TOKEN"';
const EVENTS = 'npm run -s pmx -- history events --since 24h --severity warning --token "$TOKEN"';
const TASKS = 'npm run -s pmx -- history tasks --limit 20 --token "$TOKEN"';
const INCIDENTS_JSON = 'npm run -s pmx -- history incidents --json --token "$TOKEN"';
const EVENTS_RAW = 'npm run -s pmx -- history events --since 1h --raw --token "$TOKEN"';
const EVENT_RAW = 'npm run -s pmx -- history --raw "$EVENT_ID" --token "$TOKEN"';
const LETTERS = 'npm run -s pmx -- history dead-letters --since 24h --token "$TOKEN"';
const LETTERS_OF_STRANGERS = 'npm run -s pmx -- history dead-letters --reason unknown-host --token "$TOKEN"';
const REPLAY_DRY = 'npm run -s pmx -- replay --since 24h --dry-run --token "$TOKEN"';
const REPLAY = 'npm run -s pmx -- replay --since 24h --channel syslog --token "$OPERATOR_TOKEN"';
const REPLAY_RULES = 'npm run -s pmx -- replay --rules "$RULES" --dry-run --token "$TOKEN"';
const TAIL = 'npm run -s pmx -- tail --token "$TOKEN"';
const TAIL_FILTERED = `npm run -s pmx -- tail --type 'backup.*' --severity warning --token "$TOKEN"`;
const NORMALIZE_SYSLOG =
  'npm run -s pmx -- normalize syslog libs/services/ingest-syslog/testcases/syslog/corosync-link-down.log --inventory libs/services/ingest-syslog/testcases/inventory.json';
const NORMALIZE_DISCORD =
  'npm run -s pmx -- normalize discord libs/services/ingest-discord/testcases/discord/webhook-pbs-sync-failed.json --inventory libs/services/ingest-discord/testcases/inventory.json';
const NORMALIZE_WEBHOOK =
  'npm run -s pmx -- normalize webhook libs/services/ingest-webhook/testcases/webhook/fencing-try.json --inventory libs/services/ingest-webhook/testcases/inventory.json';
const NORMALIZE_GOTIFY =
  'npm run -s pmx -- normalize gotify libs/services/ingest-gotify/testcases/gotify/stream-pbs-verify-ok.json --inventory libs/services/ingest-gotify/testcases/inventory.json';
const NORMALIZE_NTFY =
  'npm run -s pmx -- normalize ntfy libs/services/ingest-ntfy/testcases/ntfy/titled-test.json --inventory libs/services/ingest-ntfy/testcases/inventory.json';
const NORMALIZE_EMAIL =
  'npm run -s pmx -- normalize email libs/services/ingest-email/testcases/email/mdadm-fail.eml --inventory libs/services/ingest-email/testcases/inventory.json';
const CORRELATE = 'npm run -s pmx -- correlate apps/cli/testcases/more-scenarios/nfs-down-twice.json';

const PATIENCE_MS = 240_000;

describe('the commands of the pages, beside the running demo', () => {
  let folder: string;
  let product: Product;
  let shell: Shell;
  let operatorToken = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-docs-'));
    const shared = { DATA_DIR: join(folder, 'data'), ENV_FILE: join(folder, 'none.env') };
    product = await startOneProcess(shared);
    shell = openShell({ ...shared, TOKEN: product.token, GATEWAY_URL: product.gatewayUrl });
  }, PATIENCE_MS);
  afterAll(async () => {
    await shell?.close();
    await product?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  it(
    'show what happens, as it happens and afterwards',
    async () => {
      // The demo plays its backup right after the start: whoever tails sees it.
      const [any, failure] = await Promise.all([shell.firstLine(TAIL), shell.firstLine(TAIL_FILTERED)]);
      expect(any).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}/);
      expect(failure).toMatch(/ {2}(error|warning) +backup\./);

      expect((await shell.run(EVENTS)).stdout).toContain('backup.guest.failed');
      expect((await shell.run(TASKS)).stdout).toContain('backup.job');
      let incidents = await shell.run(INCIDENTS);
      for (const until = Date.now() + 60_000; incidents.stdout === '' && Date.now() < until;) {
        incidents = await shell.run(INCIDENTS);
      }
      expect(incidents).toMatchObject({ code: 0, stdout: expect.stringContaining('open') });
      const { stdout } = await shell.run(INCIDENTS_JSON);
      expect(JSON.parse(stdout)).toMatchObject({ items: [{ condition: 'backup.job.failed' }] });
    },
    PATIENCE_MS,
  );

  it(
    'make tokens that a running gateway takes, and takes no more once revoked',
    async () => {
      const created = await shell.run(CREATE);
      expect(created.stdout).toMatch(/^Token: pmx_\S+\n$/);
      const alice = { TOKEN: created.stdout.slice('Token: '.length).trim() };
      expect((await shell.run(TASKS, alice)).code).toBe(0);
      const operator = await shell.run(CREATE_OPERATOR);
      expect(operator.stdout).toMatch(/^Token: /);
      operatorToken = operator.stdout.slice('Token: '.length).trim();
      const listed = (await shell.run(LIST)).stdout;
      expect(listed).toMatch(/^alice {2}read {2}created .* last used/m);
      expect(listed).toMatch(/^oncall {2}operate {2}created .* never used/m);
      expect(await shell.run(REVOKE)).toMatchObject({ code: 0, stdout: 'revoked alice\n' });
      expect(await shell.run(TASKS, alice)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('HTTP 401'),
      });
    },
    PATIENCE_MS,
  );

  it(
    'show what came in, and read it again without finding anything different',
    async () => {
      const { stdout: listed } = await shell.run(EVENTS_RAW);
      const [, id] = /became (ev-\S+)/.exec(listed) ?? [];
      expect((await shell.run(EVENT_RAW, { EVENT_ID: String(id) })).stdout).toContain(`became ${id}`);
      expect((await shell.run(LETTERS)).code).toBe(0);
      expect((await shell.run(LETTERS_OF_STRANGERS)).code).toBe(0);
      const dry = await shell.run(REPLAY_DRY);
      expect(dry).toMatchObject({ code: 0, stderr: '' });
      expect(dry.stdout).toMatch(/\d+ inputs read, \d+ give what they gave/);
      expect((await shell.run(REPLAY, { OPERATOR_TOKEN: operatorToken })).stdout).toMatch(
        /\d+ events added to the history/,
      );
      const rules = join(folder, 'other-rules.yaml');
      await writeFile(rules, 'rules: { node-offline: { enabled: false } }\n');
      expect((await shell.run(REPLAY_RULES, { RULES: rules })).stdout).toMatch(/^then: \d+ opened/m);
    },
    PATIENCE_MS,
  );

  it(
    'tell of every command and read recorded input without a product',
    async () => {
      const help = await shell.run(HELP);
      expect(help.code).toBe(0);
      const words =
        'up test-connection tail history replay normalize correlate token setup-target stdio routes silence maintenance notify';
      for (const word of words.split(' ')) expect(help.stdout).toContain(`\n  ${word} `);
      const syslog = await shell.run(NORMALIZE_SYSLOG);
      expect(JSON.parse(syslog.stdout)).toMatchObject({ events: [{ type: 'cluster.link.down' }] });
      const webhook = await shell.run(NORMALIZE_WEBHOOK);
      expect(JSON.parse(webhook.stdout)).toMatchObject({ events: [{ type: 'node.fence.started' }] });
      const gotify = await shell.run(NORMALIZE_GOTIFY);
      expect(JSON.parse(gotify.stdout)).toMatchObject({ events: [{ type: 'backup.verify.succeeded' }] });
      const ntfy = await shell.run(NORMALIZE_NTFY);
      expect(JSON.parse(ntfy.stdout)).toMatchObject({ events: [{ type: 'notification.test.received' }] });
      const grouping = JSON.parse((await shell.run(CORRELATE)).stdout) as { links: unknown[] };
      expect(grouping.links).toEqual([
        [1, 'caused-by', 0],
        [5, 'caused-by', 4],
      ]);
      const discord = await shell.run(NORMALIZE_DISCORD);
      expect(JSON.parse(discord.stdout)).toMatchObject({ events: [{ type: 'backup.sync.failed' }] });
      const email = await shell.run(NORMALIZE_EMAIL);
      expect(JSON.parse(email.stdout)).toMatchObject({ events: [{ type: 'mdraid.device.failed' }] });
    },
    PATIENCE_MS,
  );

  it(
    'docs/tools.md has what the gateway offers',
    async () => {
      const page = read('docs/tools.md');
      const authorization = `Bearer ${product.token}`;
      const answer = await fetch(`${product.gatewayUrl}/openapi.json`, { headers: { authorization } });
      const { paths } = (await answer.json()) as {
        paths: Record<string, { get?: { parameters: { name: string }[] } }>;
      };
      expect(Object.keys(paths).length).toBeGreaterThan(8);
      for (const [path, { get }] of Object.entries(paths)) {
        expect(page).toContain(
          path.startsWith('/api/v1/tools/') ? `## ${path.slice('/api/v1/tools/'.length)}\n` : path,
        );
        for (const { name } of get?.parameters ?? []) expect(page).toContain(`\`${name}\``);
      }
      const client = await connectModern(product);
      try {
        const uris = [...page.matchAll(/`(proxmox:\/\/[a-z/]+)`/g)].map(([, uri = '']) => uri);
        expect(uris.length).toBeGreaterThan(2);
        for (const uri of uris) await client.watch(uri, () => undefined);
      } finally {
        await client.close();
      }
    },
    PATIENCE_MS,
  );
});

it(
  'test-connection passes against hosts that are as they should be, and names what is wrong with one that is not',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-docs-'));
    const lab = await startDemoLab();
    const envFile = join(folder, 'lab.env');
    const lines = Object.entries({ ...lab.env, ...FREE_PORTS }).map(([key, value]) => `${key}=${value}\n`);
    const shell = openShell({ DATA_DIR: join(folder, 'data'), ENV_FILE: envFile });
    try {
      await writeFile(envFile, lines.join(''));
      const good = await shell.run(TEST_CONNECTION);
      expect(good).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('All nodes and IO modules are reachable'),
      });
      const bad = await shell.run(TEST_CONNECTION, { PVE_CLUSTER_PRIMARY_TOKEN_VALUE: 'wrong' });
      expect(bad).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('check PVE_CLUSTER_PRIMARY_USER'),
      });
      const reading = {
        GOTIFY_IN_SERVER_URL: lab.gotify.url,
        GOTIFY_IN_CLIENT_TOKEN: lab.gotify.clientToken,
      };
      expect(await shell.run(TEST_CONNECTION, reading)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('✅ Gotify (in): the stream of messages can be opened'),
      });
      // Neither the token of an application nor a Gotify where ntfy should be will do.
      const wrong = {
        ...reading,
        GOTIFY_IN_CLIENT_TOKEN: lab.gotify.appToken,
        NTFY_IN_SERVER_URL: lab.gotify.url,
        NTFY_IN_TOPICS: 'alerts',
      };
      const refused = await shell.run(TEST_CONNECTION, wrong);
      expect(refused.code).toBe(1);
      expect(refused.stdout).toMatch(
        /❌ Gotify \(in\) — .*→ set GOTIFY_IN_CLIENT_TOKEN to the token of a client/,
      );
      expect(refused.stdout).toMatch(/❌ ntfy \(in\) — .*→ set NTFY_IN_TOKEN/);
      const unreadable = await shell.run(TEST_CONNECTION, { GATEWAY_PORT: 'many' });
      expect(unreadable).toMatchObject({ code: 2, stderr: expect.stringContaining('GATEWAY_PORT') });
    } finally {
      await shell.close();
      await lab.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
  PATIENCE_MS,
);
