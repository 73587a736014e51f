import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSettings } from '@proxmox-mcp/config';
import { StateConfig } from '../config.ts';
import { MaintenanceYaml, plannedWindows } from './file.ts';

/** Reads a file as the start of the service does. @returns what it holds. @throws {SettingsError} */
function load(yaml: string): MaintenanceYaml {
  const configDir = mkdtempSync(join(tmpdir(), 'proxmox-mcp-config-'));
  try {
    writeFileSync(join(configDir, 'maintenance.yaml'), yaml);
    const owner = { name: 'state', config: StateConfig, files: { 'maintenance.yaml': MaintenanceYaml } };
    const { files } = loadSettings([owner], { env: {}, configDir });
    // What was parsed once is parsed again by the service.
    return MaintenanceYaml.parse(files.get('state')?.['maintenance.yaml']);
  } finally {
    rmSync(configDir, { recursive: true, force: true });
  }
}

const OPERATIONS = fileURLToPath(new URL('../../../../../docs/operations.md', import.meta.url));

it('takes the example of docs/operations.md', () => {
  const text = readFileSync(OPERATIONS, 'utf8');
  const section = text.slice(text.indexOf('\n## Maintenance\n'));
  const example = /```yaml\n([^`]+)```/.exec(section)?.[1] ?? '';
  const file = load(example);
  expect(file.windows.length).toBeGreaterThan(2);
  const at = Date.parse('2026-12-05T21:00:00Z');
  expect(
    plannedWindows(file, at).map(({ match, from, until, effect }) => ({ match, from, until, effect })),
  ).toEqual([
    {
      match: { cluster: 'atlas', node: 'pve*' },
      from: '2026-12-06T01:00:00.000Z',
      until: '2026-12-06T03:00:00.000Z',
      effect: 'mute',
    },
    {
      match: { tag: 'lab' },
      from: '2026-12-05T21:30:00.000Z',
      until: '2026-12-06T05:00:00.000Z',
      effect: 'annotate',
    },
    {
      match: {},
      from: '2026-12-06T08:00:00.000Z',
      until: '2026-12-06T16:00:00.000Z',
      effect: 'mute',
    },
  ]);
});

const WINDOW = `
windows:
  - name: patching
    match: { node: pve1 }
    when: { from: '02:00', to: '04:00', timezone: Europe/Vienna }
    reason: patches
`;

it.each([
  ['a key that is misspelt', WINDOW.replace('reason', 'because'), 'windows.0'],
  ['a zone that is none', WINDOW.replace('Europe/Vienna', 'Europe/Viena'), 'windows.0.when.timezone'],
  ['a time that is none', WINDOW.replace('04:00', '24:30'), 'windows.0.when.to'],
  ['a day that is none', WINDOW.replace('{ from', '{ days: [caturday], from'), 'windows.0.when.days.0'],
  ['a match that is forgotten', WINDOW.replace('match: { node: pve1 }', ''), 'windows.0.match'],
  ['a match of what there is not', WINDOW.replace('node:', 'host:'), 'windows.0.match'],
  [
    'an end before its beginning',
    WINDOW.replace(/when: .*/, 'when: { from: 2026-12-06T08:00:00Z, until: 2026-12-06T08:00:00Z }'),
    'windows.0.when',
  ],
  [
    'a time without its zone',
    WINDOW.replace(/when: .*/, 'when: { from: 2026-12-06T08:00:00, until: 2026-12-07T08:00:00Z }'),
    'windows.0.when.from',
  ],
  ['two of one name', WINDOW + WINDOW.replace('windows:', ''), 'windows'],
])('stops the start for %s, and names it', (_, yaml, path) => {
  expect(() => load(yaml)).toThrow(new RegExp(`maintenance\\.yaml: ${path.replaceAll('.', '\\.')}\\b`));
});

it('makes the same windows after a restart, and others when the file says something else', () => {
  const at = Date.parse('2026-12-06T00:00:00Z');
  const ids = (yaml: string) => plannedWindows(load(yaml), at).map(({ id }) => id);
  expect(ids(WINDOW)).toHaveLength(1);
  expect(ids(WINDOW)).toEqual(ids(WINDOW));
  expect(ids(WINDOW.replace('pve1', 'pve2'))).not.toEqual(ids(WINDOW));
  expect(ids(WINDOW)[0]).toMatch(/^config-patching-[0-9a-f]{12}$/);
});
