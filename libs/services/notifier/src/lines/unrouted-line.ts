import type { Message } from '@proxmox-mcp/bus';
import type { Notification } from '@proxmox-mcp/schemas';
import type { CounterHandle } from '@proxmox-mcp/service-kit';
import type { Receipts } from '../receipts.ts';
import { receiptOf } from '../stages/record.ts';

/** What the line of unknown channels needs. */
export interface UnroutedLineTools {
  /** Names of the channels that are on. */
  readonly channels: ReadonlySet<string>;
  readonly receipts: Receipts;
  readonly now: () => number;
  /** Labels `channel`, `outcome`. */
  readonly outcomes: CounterHandle;
}

/**
 * Settles notifications for channels that are not on, so that whoever asked for one learns it. Sees every notification and
 * leaves those of the other channels alone.
 */
export function createUnroutedLine(
  tools: UnroutedLineTools,
): (message: Message<Notification>) => Promise<void> {
  return async ({ data: notification }) => {
    if (tools.channels.has(notification.channel)) return;
    const receipt = await tools.receipts.get(notification.id);
    if (receipt !== undefined && receipt.status !== 'pending') return;
    const outcome = {
      status: 'failed',
      reason: 'no-such-channel',
      attempts: receipt?.attempts ?? 0,
    } as const;
    await tools.receipts.put(receiptOf(notification, outcome, tools.now()));
    // Not the name: it comes from outside and would make a label per typing error.
    tools.outcomes.inc({ channel: 'unknown', outcome: 'failed' });
  };
}
