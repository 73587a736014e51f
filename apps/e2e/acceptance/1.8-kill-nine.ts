import { setTimeout as sleep } from 'node:timers/promises';
import type { AcceptancePoint } from '@proxmox-mcp/acceptance-runner';
import { playAndKill, seeded } from '../src/trouble/kill-nine.ts';

const NIGHTS = 60;

/** Sixty nights with kill -9 at random moments: nothing lost, nothing doubled, one message each. The figure names the seed. */
export const point: AcceptancePoint = {
  long: true,
  async accept() {
    const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
    const random = seeded(seed);
    let kills = 0;
    for (let night = 1; night <= NIGHTS; night++) {
      // Some nights of rare kills, some in which the product hardly gets to its feet.
      const longestMs = 1_000 + 8_000 * random();
      const moments: number[] = [];
      const result = await playAndKill(async (killing) => {
        while (!killing.night.isOver()) {
          moments.push(Math.round(50 + longestMs * random()));
          await sleep(moments.at(-1));
          await killing.now();
        }
      });
      kills += result.kills;
      if (result.faults.length > 0 || result.exitCode !== 0) {
        const figure = `seed ${seed}, night ${night}, kills after ${moments.join(' ')} ms: ${result.faults.join('; ')}`;
        return { status: 'fail', figure };
      }
    }
    return {
      status: 'pass',
      figure: `seed ${seed}: ${NIGHTS} nights, ${kills} kills, nothing lost or doubled`,
    };
  },
};
