import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';

// node --expose-gc apps/e2e/src/fuzz/main.ts --inputs 5000000: the long run, with the growth of memory.
const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '100000' }, seed: { type: 'string' } },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const heapMb = () => {
  globalThis.gc?.();
  return Math.round((process.memoryUsage().heapUsed / 2 ** 20) * 10) / 10;
};
let early = 0;
const report = await fuzz(inputs, seed, (done) => {
  if (done === Math.floor(inputs / 5 / 1_000) * 1_000) early = heapMb();
});
const late = heapMb();
console.log(JSON.stringify({ name: 'fuzz inputs', figure: report.inputs, unit: `seed ${seed}` }));
console.log(
  JSON.stringify({ name: 'slowest input', figure: Math.round(report.slowestMs), unit: 'ms', pass: true }),
);
// fast-check keeps a word for each run; what a parser kept of each input would be kilobytes.
const growth = ((late - early) * 2 ** 20) / (inputs * 0.8);
console.log(
  JSON.stringify({ name: 'heap per input', figure: Math.round(growth), unit: 'bytes', pass: growth < 200 }),
);
console.log(JSON.stringify(report.perParser));
