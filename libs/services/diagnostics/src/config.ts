import { bool, httpUrl } from '@proxmox-mcp/config';
import * as z from 'zod';

/** Settings of the diagnostics service. */
export const DiagnosticsConfig = z.object({
  ENABLE_AGENT: bool()
    .default(true)
    .describe('Runs the read-only runbook of an incident by itself and attaches what it finds.'),
  AGENT_SERVER_URL: httpUrl()
    .optional()
    .describe('URL that gets every incident as JSON by POST, when it opens, changes and ends.'),
});
export type DiagnosticsConfig = z.infer<typeof DiagnosticsConfig>;
