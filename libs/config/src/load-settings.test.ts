import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { bool, port, secret } from './fields.ts';
import { SettingsError } from './faults.ts';
import { loadSettings, type SettingsOwner } from './load-settings.ts';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'config-'))));
afterEach(() => rmSync(dir, { recursive: true }));

const syslog: SettingsOwner = {
  name: 'ingest-syslog',
  config: z.object({
    EVENT_SYSLOG_ENABLED: bool().default(true),
    EVENT_SYSLOG_LISTEN_PORT: port().default(5514),
  }),
  listener: { word: 'SYSLOG', switchKey: 'EVENT_SYSLOG_ENABLED' },
};
const gateway: SettingsOwner = {
  name: 'mcp-gateway',
  config: z.object({ GATEWAY_PORT: port().default(8080), GATEWAY_TOKEN: secret().optional() }),
};

function load(env: Record<string, string>, owners: SettingsOwner[] = [syslog, gateway]) {
  return loadSettings(owners, { env, envFile: join(dir, '.env'), configDir: dir });
}
function faultsOf(env: Record<string, string>): Record<string, string> {
  try {
    load(env);
  } catch (err) {
    if (err instanceof SettingsError) return Object.fromEntries(err.faults.map((f) => [f.key, f.message]));
    throw err;
  }
  return {};
}

const TOKEN = { USER: 'mcp@pve', TOKEN_NAME: 'lab', TOKEN_VALUE: 'aaaa' };
function host(prefix: string, more: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...TOKEN, ...more }).map(([k, v]) => [`${prefix}_${k}`, v]));
}

it('takes an empty variable for unset', () => {
  expect(load({ EVENT_SYSLOG_LISTEN_PORT: '' }).values.get('ingest-syslog')).toEqual({
    EVENT_SYSLOG_ENABLED: true,
    EVENT_SYSLOG_LISTEN_PORT: 5514,
  });
});

it('lists every fault of every service at once and repeats no value', () => {
  const faults = faultsOf({
    EVENT_SYSLOG_ENABLED: 'perhaps',
    GATEWAY_PORT: '99999',
    ADMIN_PORT: 'hunter2',
    PVE_NODES: 'pve1',
    PVE1_HOST: 'https://root:hunter2@pve1',
  });
  expect(Object.keys(faults).sort()).toEqual([
    'ADMIN_PORT',
    'EVENT_SYSLOG_ENABLED',
    'GATEWAY_PORT',
    'PVE1_HOST',
    'PVE1_USER',
  ]);
  expect(JSON.stringify(faults)).not.toContain('hunter2');
});

it('reads a secret from the file its _FILE names, and refuses both', () => {
  const file = join(dir, 'token');
  writeFileSync(file, 'from-file\n');
  expect(load({ GATEWAY_TOKEN_FILE: file }).values.get('mcp-gateway')).toMatchObject({
    GATEWAY_TOKEN: 'from-file',
  });
  expect(faultsOf({ GATEWAY_TOKEN_FILE: file, GATEWAY_TOKEN: 'x' })).toHaveProperty('GATEWAY_TOKEN');
  expect(faultsOf({ GATEWAY_TOKEN_FILE: join(dir, 'none') })).toEqual({
    GATEWAY_TOKEN_FILE: 'the file cannot be read (ENOENT)',
  });
});

it('does not read the _FILE variables of other programs', () => {
  expect(() => load({ SOMETHING_FILE: '/nonexistent' })).not.toThrow();
});

it('lets a variable win over the env file', () => {
  writeFileSync(join(dir, '.env'), 'GATEWAY_PORT=1\nADMIN_PORT=2\n');
  const settings = load({ ADMIN_PORT: '3' });
  expect(settings.values.get('mcp-gateway')).toMatchObject({ GATEWAY_PORT: 1 });
  expect(settings.common.ADMIN_PORT).toBe(3);
});

it('refuses a misspelt key and names the nearest', () => {
  expect(faultsOf({ GATEWAY_PROT: '1' })).toEqual({ GATEWAY_PROT: 'unknown; did you mean GATEWAY_PORT?' });
  expect(faultsOf({ EVENT_TELEPATHY: '1' })).toHaveProperty('EVENT_TELEPATHY');
  expect(faultsOf({ PATH: '/bin', HOME: '/', TERM: 'x' })).toEqual({});
});

it('accepts a key of a service that this process does not run', () => {
  expect(load({ NOTIFY_APPRISE_URL: 'http://apprise.example' }).notices).toEqual([]);
});

describe('hosts', () => {
  it('reads a standalone host in every way its token can be written', () => {
    const written = [
      host('PVE1', { HOST: '192.0.2.11' }),
      host('PVE1', { HOST: 'https://192.0.2.11:8006/', TOKEN_NAME: 'mcp@pve!lab' }),
      { ...host('PVE1', { HOST: '192.0.2.11:8006', USER: 'mcp@pve!lab' }), PVE1_TOKEN_NAME: '' },
    ];
    for (const env of written) {
      expect(load({ PVE_NODES: 'pve1', ...env }).hosts).toEqual([
        {
          name: 'pve1',
          product: 'pve',
          endpoints: [{ host: '192.0.2.11', port: 8006 }],
          auth: { kind: 'token', user: 'mcp@pve', tokenName: 'lab', secret: 'aaaa' },
          tls: { kind: 'verify' },
          kind: 'standalone',
        },
      ]);
    }
  });

  it('reads a cluster with its subnodes as fail-over addresses', () => {
    const settings = load({
      PVE_CLUSTER_NAME: 'atlas',
      ...host('PVE_CLUSTER_PRIMARY', { HOST: 'pve1.example' }),
      PVE_CLUSTER_SUBNODES: 'pve-2',
      PVE_2_HOST: 'pve2.example:8106',
      PBS_NODES: 'pbs1',
      ...host('PBS1', { HOST: 'pbs1.example', FINGERPRINT: Array(32).fill('ab').join(':') }),
    });
    expect(settings.hosts).toMatchObject([
      {
        name: 'atlas',
        kind: 'cluster',
        endpoints: [
          { host: 'pve1.example', port: 8006 },
          { host: 'pve2.example', port: 8106 },
        ],
      },
      { name: 'pbs1', product: 'pbs', endpoints: [{ port: 8007 }], tls: { kind: 'pin' } },
    ]);
  });

  it('reports blocks that contradict LAB_CONFIGURATION', () => {
    expect(
      faultsOf({ LAB_CONFIGURATION: 'CLUSTERED', PVE_NODES: 'pve1', ...host('PVE1', { HOST: 'x' }) }),
    ).toHaveProperty('PVE_NODES');
    expect(
      faultsOf({
        LAB_CONFIGURATION: 'standalone',
        PVE_CLUSTER_NAME: 'c',
        ...host('PVE_CLUSTER_PRIMARY', { HOST: 'x' }),
      }),
    ).toHaveProperty('PVE_CLUSTER_NAME');
  });

  it('refuses a pin beside an opt-out, a wrong pin and plain http', () => {
    const base = { PVE_NODES: 'pve1' };
    const pin = Array(32).fill('AB').join(':');
    expect(
      faultsOf({ ...base, ...host('PVE1', { HOST: 'x', FINGERPRINT: pin, VERIFY_SSL: 'no' }) }),
    ).toHaveProperty('PVE1_VERIFY_SSL');
    expect(faultsOf({ ...base, ...host('PVE1', { HOST: 'x', FINGERPRINT: 'AB:CD' }) })).toHaveProperty(
      'PVE1_FINGERPRINT',
    );
    expect(faultsOf({ ...base, ...host('PVE1', { HOST: 'http://x' }) })).toHaveProperty('PVE1_HOST');
  });
});

describe('listeners', () => {
  it('are off when the list leaves them out, and a disagreement names both keys', () => {
    const settings = load({ ENABLED_EVENT_LISTENERS: 'websocket,discord_in', EVENT_SYSLOG_ENABLED: 'true' });
    expect(settings.disabled).toEqual(new Set(['ingest-syslog']));
    expect(settings.notices.join()).toMatch(/ENABLED_EVENT_LISTENERS.*EVENT_SYSLOG_ENABLED/);
  });
  it('run when listed in any case', () => {
    expect(load({ ENABLED_EVENT_LISTENERS: 'Syslog' }).disabled).toEqual(new Set());
  });
  it('refuse an unknown word', () => {
    expect(faultsOf({ ENABLED_EVENT_LISTENERS: 'syslog,pigeon' })).toHaveProperty('ENABLED_EVENT_LISTENERS');
  });
});

it('reads the inventory beside the env file and names what is wrong in it', () => {
  writeFileSync(
    join(dir, 'inventory.yaml'),
    'sources:\n  - id: atlas\n    product: pve\n    timezone: Europe/Vienna\n',
  );
  expect(load({}).inventory.sources).toMatchObject([{ id: 'atlas', timezone: 'Europe/Vienna', nodes: [] }]);
  writeFileSync(join(dir, 'inventory.yaml'), 'sources:\n  - id: atlas\n    product: xen\n');
  expect(Object.keys(faultsOf({})).join()).toContain('sources.0.product');
});

it('knows the keys of launchers, so that one .env serves all', () => {
  expect(
    faultsOf({ GATEWAY_URL: 'http://127.0.0.1:8080', SERVICES: 'state', NATS_SYNC_INTERVAL: 'always' }),
  ).toEqual({});
});
