import { existsSync } from 'node:fs';
import { BusUnavailable } from '../bus.ts';
import { type Outbox, openOutbox, type OutboxOptions } from './outbox.ts';

const MAX_REPLICAS = 16;

/**
 * Opens the first outbox that no other process has open: `<file>`, `<file>.2` …; replicas of a service share a folder. One that a
 * dead process left something in goes before an empty one, so that it is sent by whoever starts next.
 *
 * @throws {BusUnavailable} all sixteen are taken.
 */
export async function claimOutbox(options: OutboxOptions): Promise<Outbox> {
  let empty: Outbox | undefined;
  let refused: unknown;
  for (let i = 1; i <= MAX_REPLICAS; i++) {
    const file = i === 1 ? options.file : `${options.file}.${i}`;
    if (empty !== undefined && !existsSync(file)) break;
    try {
      const outbox = openOutbox({ ...options, file });
      if (outbox.size > 0) {
        await empty?.close();
        return outbox;
      }
      if (empty === undefined) empty = outbox;
      else await outbox.close();
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      refused = error;
    }
  }
  if (empty === undefined) throw refused;
  return empty;
}
