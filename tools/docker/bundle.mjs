/** Bundles every app into `dist/<app>.mjs`, so that the image carries no node_modules: `node tools/docker/bundle.mjs OUT`. */
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const out = process.argv[2] ?? 'dist';
const apps = readdirSync('apps').filter((app) => existsSync(join('apps', app, 'src/main.ts')));
await build({
  entryPoints: Object.fromEntries(apps.map((app) => [app, join('apps', app, 'src/main.ts')])),
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // One copy of what the apps share: the image stays small and starts fast. Chunks lie beside the apps, because code
  // that looks for files beside itself may end up in either.
  splitting: true,
  chunkNames: 'chunk-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node26',
  sourcemap: 'linked',
  sourcesContent: false,
  // Some dependencies are CommonJS and call require for node: modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
cpSync('libs/lab-kit/scenarios', join(out, 'scenarios'), { recursive: true });
console.log(`bundled ${apps.join(', ')}`);
