import { createManualClock } from '@proxmox-mcp/ingest-kit/testing';
import type { Lines } from './client.ts';
import { watchSilence } from './watch-silence.ts';

/** Lines at these moments of a clock, and then nothing more. */
async function* linesAt(clock: ReturnType<typeof createManualClock>, moments: readonly number[]): Lines {
  for (const ms of moments) {
    await clock.sleep(ms);
    yield `after ${ms}`;
  }
  await new Promise<never>(() => undefined);
}

it('gives up a server that says nothing, not even that it is alive, and only then', async () => {
  const clock = createManualClock();
  const heard: (string | undefined)[] = [];
  let fault: unknown;
  const reading = (async () => {
    for await (const line of watchSilence(linesAt(clock, [1_000, 119_000, 119_000]), clock)) heard.push(line);
  })().catch((error: unknown) => (fault = error));
  await clock.advance(358_000);
  expect([heard.length, fault]).toEqual([3, undefined]);
  await clock.advance(2_000);
  await reading;
  expect(fault).toMatchObject({ name: 'SourceFailure', trouble: { reason: 'timeout' } });
});
