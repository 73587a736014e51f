import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAB_SECRETS, PBS_SECRETS, startDemoLab, startWebhookSink, type DemoLab } from '@proxmox-mcp/lab-kit';
import { openShell, type Shell } from '../docs/shell.ts';
import { callTool, GATEWAY_TOKEN, until } from '../trouble/gateway.ts';
import { createApp, reservePorts } from '../trouble/product-process.ts';

// The commands as docs/operations.md writes them, with the names of the lab; tools/checks compares.
const DRY_RUN = 'npm run -s pmx -- setup-target lab --dry-run';
const SET_UP = 'npm run -s pmx -- setup-target lab --token "$TOKEN"';
const SET_UP_PBS = 'npm run -s pmx -- setup-target pbs1 --token "$TOKEN"';
const REMOVE = 'npm run -s pmx -- setup-target lab --remove';
const REMOVE_PBS = 'npm run -s pmx -- setup-target pbs1 --remove';
// Without a product nobody can be asked with a token.
const SET_UP_ALONE = 'npm run -s pmx -- setup-target lab';
const SET_UP_PBS_ALONE = 'npm run -s pmx -- setup-target pbs1';

const PATIENCE_MS = 120_000;
const ROOT_TOKENS = {
  PVE_CLUSTER_PRIMARY_USER: LAB_SECRETS.root.user,
  PVE_CLUSTER_PRIMARY_TOKEN_NAME: LAB_SECRETS.root.tokenName,
  PVE_CLUSTER_PRIMARY_TOKEN_VALUE: LAB_SECRETS.root.secret,
  PBS1_USER: PBS_SECRETS.root.user,
  PBS1_TOKEN_NAME: PBS_SECRETS.root.tokenName,
  PBS1_TOKEN_VALUE: PBS_SECRETS.root.secret,
};

let folder: string;
let demo: DemoLab;
let shell: Shell;
let env: Record<string, string>;
let secret: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-target-'));
  demo = await startDemoLab();
  const [webhook, gateway, syslog] = await reservePorts(3);
  env = {
    ...demo.env,
    WEBHOOK_PORT: String(webhook),
    GATEWAY_PORT: String(gateway),
    EVENT_SYSLOG_LISTEN_PORT: String(syslog),
    GATEWAY_TOKEN: '',
  };
  secret = demo.env['WEBHOOK_IN_TOKEN'] ?? '';
  await writeFile(
    join(folder, 'lab.env'),
    Object.entries(env)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  shell = openShell({ DATA_DIR: join(folder, 'data'), ENV_FILE: join(folder, 'lab.env') });
});
afterEach(async () => {
  await shell.close();
  await demo.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What is set up on both hosts beyond what a fresh one has. */
function configured() {
  return [demo.lab.pve('pve1'), demo.lab.pbs].map(({ notifications: { targets, matchers } }) =>
    [...targets.values(), ...matchers.values()]
      .filter(({ origin }) => origin !== 'builtin')
      .map(({ name }) => name),
  );
}

/** Does in the lab what the lines of a fix say, to the token and its user. */
function grant(output: string): string[] {
  const lines = [...output.matchAll(/→ ((?:pveum|proxmox-backup-manager) .*)$/gm)].map(
    ([, line = '']) => line,
  );
  for (const line of lines) {
    const pve =
      /^pveum role add (\S+) --privs '([^']+)' && pveum acl modify (\S+) --tokens '([^']+)' --roles \1$/.exec(
        line,
      );
    const pbs = /^proxmox-backup-manager acl update (\S+) (\S+) --auth-id '([^']+)'$/.exec(line);
    const [role = '', path = '', token = ''] =
      pve === null ? [pbs?.[2], pbs?.[1], pbs?.[3]] : [pve[1], pve[3], pve[4]];
    const { access } = pve === null ? demo.lab.pbs : demo.lab.pve('pve1');
    if (pve !== null) access.roles.set(role, { privs: (pve[2] ?? '').split(' '), special: false });
    for (const who of [token, token.split('!')[0] ?? ''])
      access.acl.push({ path, who, role, propagate: true });
  }
  return lines;
}

it(
  'sets up a PVE cluster and a PBS while no product runs, again without harm, and leaves nothing behind',
  async () => {
    const dry = await shell.run(DRY_RUN, ROOT_TOKENS);
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toContain('POST /cluster/notifications/endpoints/webhook\n');
    expect(dry.stdout).toContain('  secret name=token,value=***\n');
    expect(dry.stdout).toContain('POST /cluster/notifications/matchers\n');
    expect(dry.stdout).toContain('Nothing was changed.');
    expect(configured()).toEqual([[], []]);

    for (const command of [SET_UP_ALONE, SET_UP_PBS_ALONE]) {
      const first = await shell.run(command, ROOT_TOKENS);
      expect(first).toMatchObject({ code: 0, stderr: '' });
      expect(first.stdout).toMatch(
        /✅ .*: created target proxmox-mcp, .*\n✅ .*: created matcher proxmox-mcp-all/,
      );
      expect(first.stdout).toContain('✅ the test notification has arrived (seen by this command');
    }
    const both = ['proxmox-mcp', 'proxmox-mcp-all'];
    expect(configured()).toEqual([both, both]);
    demo.lab.pve('pve1').notifications.updateTarget('proxmox-mcp', 'webhook', { disable: ['1'] });
    const again = await shell.run(SET_UP_ALONE, ROOT_TOKENS);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('updated target proxmox-mcp') });
    expect(configured()).toEqual([both, both]);
    expect(demo.lab.pve('pve1').notifications.targets.get('proxmox-mcp')?.config['disable']).toBe('0');

    for (const command of [REMOVE, REMOVE_PBS]) {
      const removed = await shell.run(command, ROOT_TOKENS);
      expect(removed.stdout).toMatch(/deleted matcher proxmox-mcp-all\n.*deleted target proxmox-mcp\n/);
    }
    expect(configured()).toEqual([[], []]);
    expect(await shell.run(REMOVE, ROOT_TOKENS)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('there is no target'),
    });
    expect([dry.stdout, again.stdout].join()).not.toContain(secret);
  },
  PATIENCE_MS,
);

it(
  'names what the token lacks with the line that grants it, and goes on once that is done',
  async () => {
    for (const [command, lacking] of [
      [SET_UP_ALONE, ['missing Mapping.Modify on /mapping/notifications', 'missing Sys.AccessNetwork on /']],
      [SET_UP_PBS_ALONE, ['missing Sys.Modify on /system/notifications']],
    ] as const) {
      const refused = await shell.run(command);
      expect(refused.code).toBe(1);
      for (const text of lacking) expect(refused.stdout).toContain(text);
      expect(grant(refused.stdout)).toHaveLength(lacking.length);
      expect(await shell.run(command)).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringContaining('has arrived'),
      });
    }
  },
  PATIENCE_MS,
);

it(
  'says why a host cannot post, and is not content with a test that somebody else has answered',
  async () => {
    const unreachable = await shell.run(`${SET_UP_ALONE} --url http://127.0.0.1:1`, ROOT_TOKENS);
    expect(unreachable).toMatchObject({ code: 1, stdout: expect.stringContaining('Connection refused') });
    const sink = await startWebhookSink();
    const elsewhere = await shell.run(`${SET_UP_ALONE} --url ${sink.url}`, ROOT_TOKENS);
    expect(elsewhere).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('answered by somebody and has not arrived here'),
    });
    expect(sink.messages()).toMatchObject([{ path: '/hooks/proxmox/lab' }]);
    await sink.close();
    Object.assign(demo.lab.pbs, { version: '3.2.7' });
    expect(await shell.run(SET_UP_PBS_ALONE, ROOT_TOKENS)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('version 3.2 has no webhook targets'),
    });
    const unknown = await shell.run('npm run -s pmx -- setup-target nobody');
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there are edge, lab, pbs1'),
    });
    demo.lab.pve('pve1').notifications.addTarget('mine', 'gotify', { server: ['http://x'] });
    const taken = await shell.run(`${SET_UP_ALONE} --name mine`, ROOT_TOKENS);
    expect(taken).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('mine is the name of a gotify target'),
    });
  },
  PATIENCE_MS,
);

it(
  'beside the running product the test notification and what happens afterwards arrive as events',
  async () => {
    const [adminPort = 0] = await reservePorts(1);
    const product = createApp({
      app: 'all-in-one',
      folder,
      adminPort,
      env: { ...env, GATEWAY_TOKEN, SERVICES: 'ingest-webhook,state,mcp-gateway' },
    });
    const token = { ...ROOT_TOKENS, TOKEN: GATEWAY_TOKEN };
    try {
      product.start();
      await product.ready();
      const blind = await shell.run(SET_UP_ALONE, ROOT_TOKENS);
      expect(blind).toMatchObject({ code: 1, stdout: expect.stringContaining('give --token') });
      for (const command of [SET_UP, SET_UP_PBS])
        expect(await shell.run(command, token)).toMatchObject({
          code: 0,
          stdout: expect.stringContaining('has arrived (seen by the running product)'),
        });
      demo.lab.pve('pve1').notify('pve1', {
        type: 'replication',
        severity: 'error',
        timestamp: Math.floor(Date.now() / 1000),
        fields: { type: 'replication', hostname: 'pve1', 'job-id': '104-0' },
        title: "Replication Job: '104-0' failed",
        body: "Replication job '104-0' with target 'pve2' and schedule '*/15' failed!\n\nFailure count: 1\n\nError:\nno route\n",
      });
      const gatewayUrl = `http://127.0.0.1:${env['GATEWAY_PORT'] ?? ''}`;
      const failed = await until(
        'the failed replication',
        async () => {
          const { items } = await callTool(gatewayUrl, 'events_query', { kind: ['replication.job.failed'] });
          return (items as Record<string, unknown>[])[0];
        },
        20_000,
      );
      expect(failed).toMatchObject({ channel: 'webhook', source: 'lab', node: 'pve1' });
      for (const command of [REMOVE, REMOVE_PBS])
        expect(await shell.run(command, token)).toMatchObject({ code: 0 });
      expect(configured()).toEqual([[], []]);
    } finally {
      await product.stop();
    }
  },
  PATIENCE_MS,
);
