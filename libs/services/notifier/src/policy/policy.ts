import type { Severity } from '@proxmox-mcp/schemas';
import type { NotifyFile } from './notify-file.ts';

/** What the operator decided about who is told, and when. */
export interface Policy {
  /** NOTIFY_MIN_SEVERITY: for routes that do not speak of severity themselves. */
  readonly minSeverity: Severity;
  /** Channels that are on, in the order of the list. */
  readonly channels: readonly string[];
  readonly file: NotifyFile;
}
