import { setTimeout as sleep } from 'node:timers/promises';
import { callTool, until } from './gateway.ts';
import { playAndKill, RECORDING_MS, seeded } from './kill-nine.ts';

const AWAY_MS = 45_000;

describe('kill -9 of the product in one process', () => {
  it('at the worst moments of a night loses nothing, doubles nothing and tells once', async () => {
    const { kills, faults, exitCode } = await playAndKill(async (killing) => {
      const { night, app } = killing;
      // Before any task began.
      await killing.now();
      // Tasks run, and the product knows.
      await until(
        'running tasks',
        async () => {
          const { items } = await callTool(night.gatewayUrl, 'tasks_query', { state: 'running' });
          return (items as unknown[]).length >= 3 || undefined;
        },
        AWAY_MS,
      );
      await killing.now();
      // The sender has its 202, and nobody has handled the event.
      await night.hooks.nextAcknowledgement();
      await killing.now();
      await until(
        'the incident',
        async () => ((await night.incidents()).length > 0 ? true : undefined),
        AWAY_MS,
      );
      await killing.now();
      // The opening waits some seconds for its cause.
      await app.ready();
      await killing.now();
      // Gotify has answered, and the answer is on disk.
      await until('the message', () => night.demo.gotify.messages().length > 0 || undefined, AWAY_MS);
      await sleep(RECORDING_MS);
      await killing.now();
    });
    expect({ kills, faults, exitCode }).toEqual({ kills: 6, faults: [], exitCode: 0 });
  }, 150_000);

  it('at random moments loses nothing, doubles nothing and tells once', async () => {
    const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
    const random = seeded(seed);
    const moments: number[] = [];
    const { faults, exitCode } = await playAndKill(async ({ night, now }) => {
      while (!night.isOver()) {
        const pause = Math.round(500 + 6_000 * random());
        moments.push(pause);
        await sleep(pause);
        await now();
      }
    });
    expect({ seed, moments, faults, exitCode }).toEqual({ seed, moments, faults: [], exitCode: 0 });
  }, 150_000);
});
