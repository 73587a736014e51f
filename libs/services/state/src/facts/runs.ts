import type { Event } from '@proxmox-mcp/schemas';
import { timeOf } from './keys/key.ts';

/**
 * Reports that follow each other with no longer silence between them.
 *
 * @param events oldest first.
 * @param isSame whether two can be of one run at all.
 */
export function runsOf(
  events: readonly Event[],
  silenceMs: number,
  isSame: (a: Event, b: Event) => boolean = () => true,
): Event[][] {
  const runs: Event[][] = [];
  for (const event of events) {
    const run = runs.find((other) => {
      const last = other.at(-1);
      return (
        last !== undefined &&
        timeOf(event) - timeOf(last) <= silenceMs &&
        other.every((one) => isSame(one, event))
      );
    });
    if (run) run.push(event);
    else runs.push([event]);
  }
  return runs;
}
