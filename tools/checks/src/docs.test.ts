import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parse } from 'yaml';
import { DOC_COMMANDS, proofOf } from './doc-commands.ts';
import { commandsOf, markdownFiles, operatorPages, withoutFences } from './documents.ts';
import { faultsOf } from './proxmox-cli.ts';
import { read, ROOT } from './repository.ts';

const pages = operatorPages().map((page) => ({ page, text: read(page) }));
const commands = pages.flatMap(({ page, text }) => commandsOf(text).map((command) => ({ page, command })));

it('there are pages and commands to check', () => {
  expect(pages.length).toBeGreaterThan(5);
  expect(commands.length).toBeGreaterThan(30);
});

describe('the commands of the pages', () => {
  it('are each in the table that says how they are proved', () => {
    expect(commands.filter(({ command }) => proofOf(command) === undefined)).toEqual([]);
  });

  it('are all that the table holds', () => {
    const unused = Object.keys(DOC_COMMANDS).filter(
      (key) =>
        !commands.some(
          ({ command }) => command === key || (key.endsWith(' *') && command.startsWith(key.slice(0, -1))),
        ),
    );
    expect(unused).toEqual([]);
  });

  it('stand in the tests that are said to run them', () => {
    const missing = commands.filter(({ command }) => {
      const proof = proofOf(command);
      if (proof?.by !== 'test') return false;
      return !existsSync(join(ROOT, proof.file)) || !read(proof.file).includes(proof.as ?? command);
    });
    expect(missing).toEqual([]);
  });

  it('are commands that npm knows, where npm runs them', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const unknown = commands.filter(({ command }) => {
      const script = /^npm (?:run (?:-s )?)?([a-z]+)/.exec(command)?.[1];
      return script !== undefined && script !== 'ci' && !(script in scripts);
    });
    expect(unknown).toEqual([]);
  });

  it('are what Proxmox hosts take', () => {
    const hosts = commands.filter(({ command }) => /^(pve\w+|proxmox-backup-manager) /.test(command));
    expect(hosts.length).toBeGreaterThan(10);
    expect(
      hosts
        .map(({ command }) => ({ command, faults: faultsOf(command) }))
        .filter(({ faults }) => faults.length > 0),
    ).toEqual([]);
  });

  it('name what is in the Compose file', () => {
    const compose = parse(read('docker-compose.yml')) as {
      services: Record<string, { profiles?: string[]; command?: string[] }>;
    };
    const programs = Object.values(compose.services).map(({ command }) => command?.[0]);
    const profiles = Object.values(compose.services).flatMap((service) => service.profiles ?? []);
    const composed = commands
      .map(({ command }) => command)
      .filter((command) => command.startsWith('docker compose'));
    expect(composed.length).toBeGreaterThan(4);
    for (const command of composed) {
      const words = command.split(' ').slice(2);
      const named = [
        ...[...command.matchAll(/--scale ([a-z-]+)=\d+/g)].map(([, name]) => name),
        ...(words[0] === 'logs' || (words[0] === 'up' && words[1]?.startsWith('-') === false)
          ? [words[1]]
          : []),
        ...(words[0] === 'run' ? [words[2]] : []),
      ];
      for (const name of named) expect(Object.keys(compose.services)).toContain(name);
      for (const [, profile] of command.matchAll(/--profile (\S+)/g)) expect(profiles).toContain(profile);
      for (const [program] of command.matchAll(/\S+\.mjs/g)) expect(programs).toContain(program);
    }
  });
});

it('a wrong command of a Proxmox host is found', () => {
  expect(faultsOf('pveum user token add mcp@pve monitor --privsep yes')).toEqual(['--privsep takes 0, 1']);
  expect(faultsOf('pveum user add mcp@pve --remark x')).toEqual(['--remark is no option of pveum user add']);
  expect(faultsOf('proxmox-backup-manager acl update / Auditor --auth-id x')).toEqual(['no such role']);
  expect(faultsOf('pvesh create /cluster/notifications/matchers --target x')).toEqual(['--name is missing']);
  expect(faultsOf('pvesh set /nodes')).toHaveLength(1);
});

/** Settings that no schema holds, and where they are read. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  GATEWAY_URL: 'apps/cli/src/gateway-client.ts',
  SERVICES: 'apps/all-in-one/src/main.ts',
};

it('every setting that the pages name exists', () => {
  const known = read('.env.example') + read('docker-compose.yml');
  const named = pages.flatMap(({ page, text }) =>
    [...text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g)].map(([, key = '']) => ({
      page,
      key,
    })),
  );
  expect(named.length).toBeGreaterThan(40);
  const exists = (key: string) =>
    new RegExp(`\\b${key}`).test(known) ||
    (ELSEWHERE[key] !== undefined && read(ELSEWHERE[key]).includes(key));
  expect(named.filter(({ key }) => !exists(key))).toEqual([]);
});

describe('operations.md', () => {
  const text = read('docs/operations.md');

  it('explains every reason that a source gives for being degraded, and no other', () => {
    const table = text.slice(text.indexOf('## Health'), text.indexOf('## Exit codes'));
    const explained = [...table.matchAll(/^\| `([a-z-]+)`/gm)].map(([, reason]) => reason);
    const websocket = 'libs/services/ingest-websocket/src';
    const given = [
      `${websocket}/host/degradation.ts`,
      `${websocket}/host/access.ts`,
      `${websocket}/host/host-health.ts`,
      `${websocket}/feed/feed.ts`,
      `${websocket}/resources/resource-watch.ts`,
      'libs/services/state/src/reduce/live-state.ts',
      'libs/services/ingest-syslog/src/source-health.ts',
      'libs/services/ingest-webhook/src/ingest-webhook.ts',
      'libs/ingest-kit/src/source-reader.ts',
      'libs/ingest-kit/src/server-failure.ts',
      'libs/proxmox-client/src/transport/server-trouble.ts',
      'libs/services/ingest-gotify/src/read/trouble.ts',
      'libs/services/ingest-gotify/src/read/read-messages.ts',
      'libs/services/ingest-ntfy/src/read/trouble.ts',
      'libs/services/ingest-email/src/ingest-email.ts',
      'libs/services/ingest-email/src/imap/trouble.ts',
      'libs/services/ingest-email/src/imap/watch-mailbox.ts',
      'libs/services/ingest-discord/src/trouble.ts',
    ].flatMap((file) =>
      [...read(file).matchAll(/reason: '([a-z-]+)',\s+detail/g)].map(([, reason]) => reason),
    );
    expect(new Set(explained)).toEqual(new Set(given));
  });

  it('names metrics that there are', () => {
    const sources = [
      'libs/ingest-kit/src/ingest-line.ts',
      'libs/services/ingest-syslog/src/ingest-syslog.ts',
      'libs/services/ingest-webhook/src/ingest-webhook.ts',
      'libs/services/ingest-gotify/src/ingest-gotify.ts',
      'libs/services/ingest-ntfy/src/ingest-ntfy.ts',
      'libs/services/state/src/engine/engine.ts',
      'libs/services/ingest-email/src/ingest-email.ts',
      'libs/services/mcp-gateway/src/gateway.ts',
    ]
      .map(read)
      .join('');
    const metrics = [...text.matchAll(/`([a-z_]+_total)`/g)].map(([, name]) => name);
    expect(metrics.length).toBeGreaterThan(2);
    for (const metric of metrics) expect(sources).toContain(`'${metric}'`);
  });
});

/** What a heading is called in a link to it, as code hosts make it. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

it.each(markdownFiles())('the links of %s lead somewhere', (file) => {
  const links = [...withoutFences(read(file)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const broken = links.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path = '', anchor] = target.split('#', 2);
    const page = path === '' ? file : normalize(join(dirname(file), path));
    if (!existsSync(join(ROOT, page))) return true;
    if (anchor === undefined) return false;
    const headings = [...withoutFences(read(page)).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
      slugOf(heading),
    );
    return !headings.includes(anchor);
  });
  expect(broken).toEqual([]);
});
