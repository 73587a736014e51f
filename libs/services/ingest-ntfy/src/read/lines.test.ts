import fc from 'fast-check';
import { readLines } from './lines.ts';

async function* chunks(parts: readonly string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

async function linesOf(parts: readonly string[], maxBytes = 100) {
  const lines = [];
  for await (const line of readLines(chunks(parts), maxBytes)) lines.push(line);
  return lines;
}

it('finds the same lines however the text is cut', async () => {
  const piece = fc.constantFrom('a', 'bc', '\n', 'é', '\n\n');
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (pieces) => {
      const whole = pieces.join('');
      expect(await linesOf(pieces)).toEqual(whole.split('\n').filter((line) => line !== ''));
    }),
  );
});

it('passes over a line that is too long, and goes on with the next', async () => {
  expect(await linesOf(['x'.repeat(60), 'x'.repeat(60), '\nok\n', 'y'.repeat(101)])).toEqual([
    undefined,
    'ok',
    undefined,
  ]);
});
