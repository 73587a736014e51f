import { jest } from '@jest/globals';
import { createIntake, type Received } from './intake.ts';

function message(text: string): Received {
  return { bytes: Buffer.from(text), oversize: false, origin: 'test', sender: 'test', receivedAt: 0 };
}

it('turns away what does not fit, counts it, and slows senders down before that', async () => {
  let dropped = 0;
  let rooms = 0;
  const seen: string[] = [];
  const intake = createIntake({
    prepare: (batch) => () => {
      seen.push(...batch.map(({ bytes }) => bytes.toString()));
      return Promise.resolve();
    },
    finish: () => () => Promise.resolve(),
    onDropped: (count) => (dropped += count),
    onRetry: () => undefined,
    onRoom: () => rooms++,
    maxMessages: 4,
    maxBatch: 2,
  });
  const taken = ['a', 'b', 'c', 'd', 'e'].map((text) => intake.offer(message(text)));
  expect(taken).toEqual([true, true, true, true, false]);
  expect(intake.isCrowded).toBe(true);
  await intake.stop(1_000);
  expect(seen).toEqual(['a', 'b', 'c', 'd']);
  expect({ dropped, rooms, crowded: intake.isCrowded }).toEqual({ dropped: 1, rooms: 1, crowded: false });
  expect(intake.offer(message('f'))).toBe(false);
});

it('prepares a batch once, however often storing it fails', async () => {
  let prepared = 0;
  let tries = 0;
  const intake = createIntake({
    prepare: () => {
      prepared++;
      return () => (++tries < 3 ? Promise.reject(new Error('away')) : Promise.resolve());
    },
    finish: () => () => Promise.resolve(),
    onDropped: () => undefined,
    onRetry: () => undefined,
    onRoom: () => undefined,
  });
  intake.offer(message('a'));
  await intake.stop(10_000);
  expect({ prepared, tries }).toEqual({ prepared: 1, tries: 3 });
});

it('counts what it could not hand on in time', async () => {
  let dropped = 0;
  const intake = createIntake({
    prepare: () => () => Promise.reject(new Error('away')),
    finish: () => () => Promise.resolve(),
    onDropped: (count) => (dropped += count),
    onRetry: () => undefined,
    onRoom: () => undefined,
  });
  intake.offer(message('a'));
  intake.offer(message('b'));
  await intake.stop(1);
  expect(dropped).toBe(2);
});

it('hands on the first line at once and gathers what trickles in right after it', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
  try {
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const batches: number[] = [];
    const intake = createIntake({
      prepare: (batch) => () => {
        batches.push(batch.length);
        return Promise.resolve();
      },
      finish: () => () => Promise.resolve(),
      onDropped: () => undefined,
      onRetry: () => undefined,
      onRoom: () => undefined,
    });
    intake.offer(message('first'));
    while (batches.length === 0) await turn();
    for (const text of ['a', 'b', 'c']) {
      intake.offer(message(text));
      for (let i = 0; i < 5; i++) await turn();
    }
    expect(batches).toEqual([1]);
    jest.advanceTimersByTime(1_000);
    while (intake.length > 0) await turn();
    expect(batches).toEqual([1, 3]);
  } finally {
    jest.useRealTimers();
  }
});
