import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@proxmox-mcp/app-all-in-one';
import { parse } from 'yaml';
import { projects, read, ROOT, type Project } from './repository.ts';

const KITS = ['bus', 'config', 'service-kit', 'ingest-kit', 'proxmox-events'];
const LAUNCHERS = ['all-in-one', 'lab', 'cli'];

/** The tag a project must carry, by where it stands. */
function typeOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (path.startsWith('libs/services/')) return 'service';
  if (path.startsWith('tools/') || name === 'e2e') return 'e2e';
  if (path.startsWith('apps/')) return LAUNCHERS.includes(name) ? 'launcher' : 'app';
  if (KITS.includes(name)) return 'kit';
  const others: Record<string, string> = {
    schemas: 'contract',
    'proxmox-client': 'client',
    'lab-kit': 'testing',
    'web-ui': 'ui',
  };
  return others[name] ?? 'unknown';
}

const services = projects().filter((project) => project.type === 'service');
const nameOf = (project: Project) => project.name.replace('@proxmox-mcp/', '');

it.each(projects())('$path carries the tag of its place', ({ path, type }) => {
  expect(type).toBe(typeOf(path));
});

it('every package of ours is a link into this repository', () => {
  const folder = join(ROOT, 'node_modules/@proxmox-mcp');
  for (const name of readdirSync(folder))
    expect([name, lstatSync(join(folder, name)).isSymbolicLink()]).toEqual([name, true]);
  const linked = readdirSync(folder).map((name) => `@proxmox-mcp/${name}`);
  for (const project of projects()) {
    const ours = Object.keys(project.dependencies).filter((name) => name.startsWith('@proxmox-mcp/'));
    for (const name of [project.name, ...ours]) expect(linked).toContain(name);
  }
});

it('every dependency is pinned exactly', () => {
  const root = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const pins = [
    root['devDependencies'],
    root['optionalDependencies'],
    ...projects().map((p) => p.dependencies),
  ];
  for (const [name, version] of pins.flatMap((group) => Object.entries(group ?? {}))) {
    expect(`${name} ${version}`).toMatch(/ (npm:@?[\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/);
  }
});

describe.each(services)('$path', (project) => {
  const name = nameOf(project);

  it('has a thin app of its name', () => {
    const main = read(`apps/${name}/src/main.ts`);
    expect(main).toContain(`'${project.name}'`);
    expect(main.split('\n').length).toBeLessThanOrEqual(6);
    expect(readdirSync(join(ROOT, `apps/${name}/src`))).toEqual(['main.ts']);
  });

  it('is a container of its name in the Compose file', () => {
    const compose = parse(read('docker-compose.yml')) as { services: Record<string, { command?: string[] }> };
    expect(compose.services[name]?.command?.[0]).toBe(`${name}.mjs`);
  });

  it('runs in the one process, under its own name', () => {
    expect(SERVICES.map((service) => service.name)).toContain(name);
  });

  it('describes every setting', () => {
    const schema = SERVICES.find((service) => service.name === name)?.config;
    for (const [key, field] of Object.entries(schema?.shape ?? {})) {
      expect([key, (field as { description?: string }).description]).toEqual([
        key,
        expect.stringMatching(/\w{3}/),
      ]);
    }
  });
});

it('ships what the top level promises', () => {
  for (const path of [
    'apps',
    'libs',
    'docker-compose.yml',
    'nx.json',
    'package.json',
    'tsconfig.base.json',
    '.env.example',
    'README.md',
  ]) {
    expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
  }
});
