import { fuzz } from './fuzz.ts';
import { PARSERS } from './parsers.ts';

it('a hundred thousand mutated inputs crash no parser, hang none, and make no impossible event', async () => {
  const inputs = Number(process.env['FUZZ_INPUTS'] ?? 100_000);
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_000);
  const report = await fuzz(inputs, seed);
  expect(report.inputs).toBe(inputs);
  expect(Object.keys(report.perParser).sort()).toEqual(PARSERS.map(({ name }) => name).sort());
}, 600_000);
