import { ProxmoxError } from '@proxmox-mcp/proxmox-client';
import type { HostTools } from '../host/host-tools.ts';
import { createLanes } from '../pace/lanes.ts';
import { runLoop } from '../pace/loop.ts';
import type { PollWatch } from './poll-watch.ts';

const TURN_MS = 1_000;
/**
 * So many looks run at once on one host. Each may take a minute (smartctl on a dying disk) and holds one of the client's four
 * connections for so long: the others are for tasks.
 */
const MAX_RUNNING = 2;

/** Runs the slow polls of one host until the signal aborts: one look per node at a time, few in all, tasks first. */
export async function watchPolls(
  tools: HostTools,
  polls: readonly PollWatch[],
  /** Whether a scope is a node that others talk of as well. */
  isNode: (scope: string) => boolean,
): Promise<void> {
  const { clock, signal, health } = tools;
  let running = 0;
  const lanes = createLanes({
    clock,
    onError(node, error) {
      // One slow endpoint is the poll's own trouble, told by it; a node that is gone is everybody's, a host the other loops'.
      const isOurs = error instanceof ProxmoxError && (error.kind === 'timeout' || !isNode(node));
      if (!isOurs) tools.nodeError(node, error);
    },
    onSuccess: (node) => (isNode(node) ? health.nodeSucceeded(node) : undefined),
  });
  const turn = async () => {
    // Whether a host that is away is back is for the quick polls to find out.
    if (health.isDown()) return;
    const nowMs = clock.now();
    for (const poll of polls)
      for (const scope of poll.due(nowMs)) {
        if (running >= MAX_RUNNING) return;
        if (!lanes.isFree(scope)) continue;
        running += 1;
        lanes.run(scope, () => poll.look(scope).finally(() => void (running -= 1)));
      }
  };
  try {
    await runLoop({ clock, signal, periodMs: TURN_MS }, turn);
  } finally {
    await lanes.settled();
  }
}
