import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { read, ROOT } from './repository.ts';

/** Where plug-ins of a kind stand: a folder each. */
const KINDS = [
  { kind: 'channel', folder: 'libs/services/notifier/src/channels', doc: 'docs/channels.md' },
  { kind: 'rule', folder: 'libs/services/state/src/rules', doc: 'docs/rules.md' },
  { kind: 'runbook', folder: 'libs/services/diagnostics/src/runbooks', doc: 'docs/runbooks.md' },
] as const;

const plugins = KINDS.flatMap(({ kind, folder, doc }) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => ({
      kind,
      name: entry.name,
      folder: `${folder}/${entry.name}`,
      list: `${folder}/index.ts`,
      doc,
    })),
);

it('there are plug-ins to check', () => expect(plugins.length).toBeGreaterThanOrEqual(6));

describe.each(plugins)('$kind $name', ({ folder, list, name, doc }) => {
  it('has a test', () => {
    expect(readdirSync(join(ROOT, folder)).filter((file) => file.endsWith('.test.ts'))).not.toEqual([]);
  });
  it('is one line in its list', () => expect(read(list)).toContain(`./${name}/`));
  it('is documented', () => expect(read(doc)).toContain(name));
});

const tools = readdirSync(join(ROOT, 'libs/services/mcp-gateway/src/tools')).filter(
  (file) => /^[a-z]+-[a-z]+\.ts$/.test(file) && file !== 'tool-error.ts',
);

it.each(tools)('the tool of %s has a test and stands in docs/tools.md', (file) => {
  const test = file.replace(/\.ts$/, '.test.ts');
  expect(existsSync(join(ROOT, 'libs/services/mcp-gateway/src/tools', test))).toBe(true);
  expect(read('docs/tools.md')).toContain(file.replace(/\.ts$/, '').replace('-', '_'));
});
