import { createRunningClock, createSteppedClock } from './clock.ts';

it('runs callbacks at their own time, in order, also those that callbacks schedule', () => {
  const clock = createSteppedClock(1_000);
  const seen: string[] = [];
  clock.schedule(3_000, () => seen.push(`late ${clock.now()}`));
  clock.schedule(2_000, () => {
    seen.push(`early ${clock.now()}`);
    clock.schedule(2_500, () => seen.push(`between ${clock.now()}`));
  });
  const cancel = clock.schedule(2_100, () => seen.push('cancelled'));
  cancel();
  clock.advance(1_999);
  expect(seen).toEqual(['early 2000', 'between 2500']);
  clock.advance(1);
  expect(seen.at(-1)).toBe('late 3000');
});

it('runs faster than the wall clock when told to, and drops what is pending when stopped', async () => {
  const clock = createRunningClock({ speed: 1_000, startAt: 0 });
  await new Promise<void>((resolve) => void clock.schedule(5_000, resolve));
  expect(clock.now()).toBeGreaterThanOrEqual(5_000);
  let ran = false;
  clock.schedule(clock.now(), () => (ran = true));
  clock.stop();
  await new Promise((resolve) => setImmediate(resolve));
  expect(ran).toBe(false);
});
