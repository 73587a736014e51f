import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { makeCertificate } from '@proxmox-mcp/proxmox-client/testing';
import { loadTestInventory } from '@proxmox-mcp/proxmox-events/testing';
import { filters, type Event } from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { SyslogConfig } from './config.ts';
import { ingestSyslog } from './ingest-syslog.ts';
import { describeWithRsyslog, startRsyslog, type Rsyslog } from './testing/index.ts';

const inventory = loadTestInventory(fileURLToPath(new URL('../testcases', import.meta.url)));
const TEMPLATES = [
  'RSYSLOG_TraditionalForwardFormat',
  'RSYSLOG_ForwardFormat',
  'RSYSLOG_SyslogProtocol23Format',
] as const;

/** How rsyslog is told to send, by what we call it. */
const WAYS: Readonly<Record<string, (ports: Ports) => string>> = {
  UDP: ({ port }) => `port="${port}" protocol="udp"`,
  TCP: ({ port }) => `port="${port}" protocol="tcp"`,
  'TCP, octet-counted': ({ port }) => `port="${port}" protocol="tcp" tcp_framing="octet-counted"`,
  TLS: ({ tlsPort }) =>
    `port="${tlsPort}" protocol="tcp" tcp_framing="octet-counted" streamDriver="gtls" streamDriverMode="1" streamDriverAuthMode="x509/name" streamDriverPermittedPeers="localhost"`,
};

interface Ports {
  readonly port: number;
  readonly tlsPort: number;
}

let t: TestBus;
let events: Event[];
let folder: string;
let service: Service | undefined;
let rsyslog: Rsyslog | undefined;
const server = makeCertificate();
const sender = makeCertificate({ name: 'pve1' });

beforeEach(async () => {
  t = await openTestBus();
  events = [];
  await t.bus.subscribe({ filters: [filters.allEvents], from: 'new' }, ({ data }) => events.push(data));
  folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-syslog-'));
  for (const [name, text] of [
    ['cert.pem', server.cert],
    ['key.pem', server.key],
    ['ca.pem', sender.cert],
  ] as const)
    await writeFile(join(folder, name), text);
});
afterEach(async () => {
  await rsyslog?.stop();
  await service?.stop();
  rsyslog = undefined;
  service = undefined;
  await t.close();
  await rm(folder, { recursive: true, force: true });
});

async function startService(port = 0): Promise<Ports> {
  const config = SyslogConfig.parse({
    EVENT_SYSLOG_LISTEN_PORT: String(port),
    EVENT_SYSLOG_TLS_PORT: '0',
    EVENT_SYSLOG_TLS_CERT_FILE: join(folder, 'cert.pem'),
    EVENT_SYSLOG_TLS_KEY_FILE: join(folder, 'key.pem'),
    EVENT_SYSLOG_TLS_CA_FILE: join(folder, 'ca.pem'),
  });
  service = ingestSyslog.create(testContext(config, t.bus, { inventory }));
  await service.start(new AbortController().signal);
  const { port: taken, tlsPort } = service.details?.() ?? {};
  return { port: Number(taken), tlsPort: Number(tlsPort) };
}

async function until(holds: () => boolean, tell: () => unknown): Promise<void> {
  const deadline = Date.now() + 25_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(JSON.stringify(tell()));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Begins every configuration: a host named pve1 whose programs log to sockets of ours. */
const HOST = (home: string) => [
  `global(workDirectory="${home}" localHostname="pve1" defaultNetstreamDriverCAFile="${home}/ca.pem"`,
  `  defaultNetstreamDriverCertFile="${home}/cert.pem" defaultNetstreamDriverKeyFile="${home}/key.pem")`,
  'module(load="imuxsock" sysSock.use="off")',
];
const FILES = { 'ca.pem': server.cert, 'cert.pem': sender.cert, 'key.pem': sender.key };

describeWithRsyslog('a real rsyslog', (program) => {
  it('is heard over every transport with each of its templates, every line once', async () => {
    const ports = await startService();
    const cases = Object.entries(WAYS).flatMap(([way, action]) =>
      TEMPLATES.map((template) => ({ way, template, action: action(ports) })),
    );
    rsyslog = await startRsyslog(program, {
      files: FILES,
      timeZone: 'Europe/Vienna',
      ready: cases.map((_, index) => `log${index}`),
      config: (home) => [
        ...HOST(home),
        ...cases.flatMap(({ template, action }, index) => [
          `ruleset(name="r${index}") { action(type="omfwd" target="127.0.0.1" template="${template}" ${action}) }`,
          `input(type="imuxsock" socket="${home}/log${index}" ruleset="r${index}")`,
        ]),
      ],
    });
    const before = Date.now();
    for (const index of cases.keys()) {
      const socket = `log${index}`;
      const upid = `UPID:pve1:0000B2C3:01AA0000:69B51904:vzdump:${100 + index}:root@pam:`;
      const from = '203.0.113.9';
      const denied = `authentication failure; rhost=::ffff:${from} user=case${index}@pam msg=Authentication failure`;
      await rsyslog.log(socket, [denied], { tag: 'pvedaemon', pid: 1203, priority: 'daemon.err' });
      const guess = `Failed password for invalid user case${index} from ${from} port 52144 ssh2`;
      await rsyslog.log(socket, [guess, guess, guess], {
        tag: 'sshd-session',
        pid: 77121,
        priority: 'auth.info',
      });
      await rsyslog.log(socket, [`<root@pam> starting task ${upid}`, `tab\there in case${index}`], {
        tag: 'pvescheduler',
        pid: 45763,
        priority: 'daemon.err',
      });
    }
    await until(
      () => events.length >= 6 * cases.length,
      () => events.map(({ type, facts }) => [type, facts['user'], facts['error']]),
    );
    for (const [index, { way, template }] of cases.entries()) {
      const ours = events.filter(
        ({ facts, guest }) =>
          JSON.stringify(facts).includes(`case${index}"`) ||
          JSON.stringify(facts).includes(`case${index}@`) ||
          guest?.vmid === 100 + index,
      );
      expect({ way, template, types: ours.map(({ type }) => type).sort() }).toEqual({
        way,
        template,
        types: [
          'auth.login.failed',
          'auth.ssh.failed',
          'auth.ssh.failed',
          'auth.ssh.failed',
          'backup.job.started',
          'task.error.logged',
        ],
      });
      for (const { node, occurredAt } of ours) {
        expect(node).toBe('pve1');
        expect(Date.parse(occurredAt)).toBeGreaterThan(before - 2_000);
        expect(Date.parse(occurredAt)).toBeLessThan(Date.now() + 1_000);
      }
      expect(ours.find(({ type }) => type === 'task.error.logged')?.facts).toMatchObject({
        error: `tab\there in case${index}`,
        worker_pid: 45763,
      });
    }
    expect(events).toHaveLength(6 * cases.length);
  });

  it('understands the configurations of the operations page', async () => {
    const { port, tlsPort } = await startService();
    const configurations = await documented();
    expect(configurations).toHaveLength(3);
    for (const [index, text] of configurations.entries()) {
      rsyslog = await startRsyslog(program, {
        files: FILES,
        ready: ['log'],
        config: (home) => [
          `global(workDirectory="${home}" localHostname="pve1")`,
          'module(load="imuxsock" sysSock.use="off")',
          `input(type="imuxsock" socket="${home}/log")`,
          text
            .replaceAll('192.0.2.10', '127.0.0.1')
            .replaceAll('5514', String(port))
            .replaceAll('6514', String(tlsPort))
            .replaceAll('/etc/ssl/proxmox-mcp', home)
            .replaceAll('mcp.example.net', 'localhost'),
        ],
      });
      const how = { tag: 'pvedaemon', pid: 1203, priority: 'daemon.err' };
      await rsyslog.log('log', [`configuration ${index}`], how);
      await until(
        () => events.length > index,
        () => ({ index, came: events.length }),
      );
      await rsyslog.stop();
    }
    expect(events.map(({ facts }) => facts['error'])).toEqual([0, 1, 2].map((n) => `configuration ${n}`));
  });

  it('keeps in its queue what it could not send over TCP while we were away, and nothing is lost or doubled', async () => {
    const { port } = await startService();
    rsyslog = await startRsyslog(program, {
      files: FILES,
      ready: ['log'],
      config: (home) => [
        ...HOST(home),
        `input(type="imuxsock" socket="${home}/log" ruleset="forward")`,
        `ruleset(name="forward") { action(type="omfwd" target="127.0.0.1" port="${port}" protocol="tcp"`,
        '  template="RSYSLOG_SyslogProtocol23Format" queue.type="LinkedList" queue.filename="proxmox-mcp"',
        '  queue.maxDiskSpace="256m" queue.saveOnShutdown="on" action.resumeRetryCount="-1" action.resumeInterval="1") }',
      ],
    });
    const lines = (first: number) =>
      Array.from({ length: 500 }, (_none, index) => `failed with number ${first + index}`);
    const how = { tag: 'pvedaemon', pid: 1203, priority: 'daemon.err' };
    await rsyslog.log('log', lines(0), how);
    await until(
      () => events.length > 0,
      () => 'nothing came',
    );
    // Ended while lines are on their way.
    const writing = rsyslog.log('log', lines(500), how);
    await service?.stop();
    await writing;
    await rsyslog.log('log', lines(1_000), how);
    await startService(port);
    const numbers = () => events.map(({ facts }) => Number(/\d+$/.exec(String(facts['error']))?.[0]));
    await until(
      () => new Set(numbers()).size === 1_500,
      () => ({ came: events.length, missing: missingOf(new Set(numbers()), 1_500) }),
    );
    expect(events).toHaveLength(1_500);
  });
});

/** The rsyslog configurations of the operations page, in order. */
async function documented(): Promise<string[]> {
  const page = await readFile(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
  return [...page.matchAll(/^```conf\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
}

function missingOf(seen: ReadonlySet<number>, count: number): number[] {
  return Array.from({ length: count }, (_none, index) => index).filter((index) => !seen.has(index));
}
