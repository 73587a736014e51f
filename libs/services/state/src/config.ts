import { int, text } from '@proxmox-mcp/config';
import * as z from 'zod';

/** Settings of the state service. */
export const StateConfig = z.object({
  HISTORY_DAYS: int(1, 3_650)
    .default(14)
    .describe('Days that events, facts and resolved incidents are kept.'),
  HISTORY_MAX_BYTES: int(16 * 1024 * 1024)
    .default(5 * 1024 ** 3)
    .describe('Bytes the history may fill on disk; the oldest goes first.'),
  DATABASE_URL: text()
    .refine(() => false, {
      error: 'history in PostgreSQL comes with Part 3; unset it, history is kept in DATA_DIR/history.sqlite',
    })
    .optional()
    .describe('PostgreSQL URL for the history. Not available yet: it is refused until Part 3.'),
});
export type StateConfig = z.infer<typeof StateConfig>;
