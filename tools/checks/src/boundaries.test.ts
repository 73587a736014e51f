import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projects, ROOT } from './repository.ts';

const run = promisify(execFile);
const NX_ENV = { ...process.env, NX_DAEMON: 'false', FORCE_COLOR: '0' };

/** Who may import whom (docs/architecture.md); `*` is anybody. Written again here on purpose: lint must agree with it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  app: ['service', 'kit'],
  launcher: ['service', 'kit', 'client', 'contract', 'testing'],
  e2e: ['*'],
  service: ['kit', 'client', 'contract'],
  testing: ['kit', 'client', 'contract'],
  ui: ['contract'],
  kit: ['kit', 'contract'],
  client: ['contract'],
  contract: ['contract'],
};

interface Graph {
  graph: { dependencies: Record<string, { target: string }[]> };
}

async function projectGraph(): Promise<Graph> {
  const folder = await mkdtemp(join(tmpdir(), 'graph-'));
  try {
    const file = join(folder, 'graph.json');
    await run(join(ROOT, 'node_modules/.bin/nx'), ['graph', `--file=${file}`], { cwd: ROOT, env: NX_ENV });
    return JSON.parse(await readFile(file, 'utf8')) as Graph;
  } finally {
    await rm(folder, { recursive: true });
  }
}

it('the graph has the arrows that are allowed and no other', async () => {
  const { graph } = await projectGraph();
  const types = new Map(projects().map((project) => [project.name, project.type]));
  const arrows = Object.entries(graph.dependencies).flatMap(([source, targets]) =>
    targets.map(({ target }) => ({ source, target, from: types.get(source), to: types.get(target) })),
  );
  const ours = arrows.filter(({ from, to }) => from !== undefined && to !== undefined);
  expect(ours.length).toBeGreaterThan(20);
  const forbidden = ours.filter(({ from = '', to = '' }) => {
    const allowed = MAY_IMPORT[from] ?? [];
    return !allowed.includes('*') && !allowed.includes(to);
  });
  expect(forbidden).toEqual([]);
}, 60_000);

/** Lints a service that imports another one, as if its index said so. In a process of its own: Jest replaces module loading. */
async function lintForbiddenImport(rule: 'error' | 'off'): Promise<string[]> {
  const script = `
    import { ESLint } from 'eslint';
    const eslint = new ESLint({ overrideConfig: ${rule === 'off' ? `{ rules: { '@nx/enforce-module-boundaries': 'off' } }` : '{}'} });
    const [result] = await eslint.lintText("export { notifier } from '@proxmox-mcp/notifier';\\n", { filePath: 'libs/services/state/src/index.ts' });
    console.log(JSON.stringify(result.messages.map((message) => message.ruleId)));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: ROOT,
    // With CI=true the parser reads the file from disk and not the text it is given.
    env: { ...NX_ENV, TSESTREE_SINGLE_RUN: 'false' },
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as string[];
}

describe('the canary', () => {
  it('dies of a forbidden import', async () => {
    // Without a cached project graph the rule skips itself and passes everything.
    await projectGraph();
    expect(await lintForbiddenImport('error')).toContain('@nx/enforce-module-boundaries');
  }, 60_000);

  it('lives when the rule is off, so it is the rule that kills it', async () => {
    expect(await lintForbiddenImport('off')).not.toContain('@nx/enforce-module-boundaries');
  }, 60_000);
});
