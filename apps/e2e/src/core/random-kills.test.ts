import { killAtRandom } from './random-kills.ts';

it('state and notifier killed at random moments lose no notification, and repeat none that was recorded', async () => {
  const { faults, refused } = await killAtRandom(300, 5, 20_260_314);
  expect(faults).toEqual([]);
  expect(refused).toBeGreaterThan(20);
}, 120_000);
