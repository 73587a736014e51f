import { CommonSettings, text } from '@proxmox-mcp/config';
import * as z from 'zod';

/** Settings of the state service. */
export const StateConfig = z.object({
  // The bus keeps its streams as long as the history is kept: one setting, known to every process.
  HISTORY_DAYS: CommonSettings.shape.HISTORY_DAYS,
  HISTORY_MAX_BYTES: CommonSettings.shape.HISTORY_MAX_BYTES,
  DATABASE_URL: text()
    .refine(() => false, {
      error: 'history in PostgreSQL does not exist yet; unset it, history is kept in DATA_DIR/history.sqlite',
    })
    .optional()
    .describe('PostgreSQL URL for the history. Not available yet: it is refused.'),
});
export type StateConfig = z.infer<typeof StateConfig>;
