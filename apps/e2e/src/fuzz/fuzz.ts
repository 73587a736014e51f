import fc from 'fast-check';
import { mutate, mutations } from './mutations.ts';
import { PARSERS, type Parser } from './parsers.ts';

/** Longer than this for one input is a hang. */
export const HANG_MS = 50;
/** A slow input is tried again: what the machine did meanwhile is not the parser's fault, and a hang hangs every time. */
const TRIES = 20;

/** What a run came to. */
export interface FuzzReport {
  readonly inputs: number;
  readonly seed: number;
  /** The slowest input that was slow every time, in milliseconds. */
  readonly slowestMs: number;
  readonly perParser: Readonly<Record<string, number>>;
}

/** An input that a parser does not take as it must; the input is in the message, as base64. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
}

const arbitrary = fc.record({
  parser: fc.oneof(...PARSERS.map((one) => ({ weight: one.weight, arbitrary: fc.constant(one) }))),
  seed: fc.nat(100_000),
  steps: mutations,
});

/**
 * Feeds mutations of recorded inputs to all parsers.
 *
 * @param onProgress called after each thousand inputs.
 * @throws {FuzzFailure} a parser threw, made an impossible event or hung, with the smallest such input that was found.
 */
export async function fuzz(
  inputs: number,
  seed: number,
  onProgress: (done: number) => void = () => undefined,
): Promise<FuzzReport> {
  const perParser: Record<string, number> = {};
  let [done, slowestMs] = [0, 0];
  const property = fc.asyncProperty(arbitrary, async ({ parser, seed: pick, steps }) => {
    const start = parser.seeds[pick % parser.seeds.length];
    if (start === undefined) throw new FuzzFailure(`${parser.name} has no recorded inputs`);
    const raw = mutate(start.raw, steps, parser.seeds);
    let took = Infinity;
    for (let attempt = 0; attempt < TRIES && took > HANG_MS; attempt++)
      took = Math.min(took, await timed(parser, raw, start.context));
    slowestMs = Math.max(slowestMs, took);
    if (took > HANG_MS)
      throw new FuzzFailure(`${parser.name} takes ${Math.round(took)} ms for ${raw.toString('base64')}`);
    perParser[parser.name] = (perParser[parser.name] ?? 0) + 1;
    if (++done % 1_000 === 0) onProgress(done);
  });
  await fc.assert(property, { numRuns: inputs, seed, maxSkipsPerRun: 0 });
  return { inputs: done, seed, slowestMs, perParser };
}

/** Milliseconds one input takes. @throws {FuzzFailure} the parser threw. */
async function timed(parser: Parser, raw: Buffer, context: Parameters<Parser['run']>[1]): Promise<number> {
  const before = performance.now();
  try {
    const pending = parser.run(raw, context);
    if (pending instanceof Promise) await pending;
  } catch (err) {
    throw new FuzzFailure(`${parser.name} throws at ${raw.toString('base64')}`, { cause: err });
  }
  return performance.now() - before;
}
