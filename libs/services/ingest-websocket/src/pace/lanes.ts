import { ProxmoxError, type Clock } from '@proxmox-mcp/proxmox-client';

/**
 * One lane per node: calls that a node itself must answer run one at a time in its lane, so that a hanging node keeps its own
 * lane busy and no other. After trouble the lane rests, longer each time.
 */
export interface Lanes {
  /** Nothing runs in it and it does not rest. */
  isFree(node: string): boolean;
  /** Starts work in a free lane; does nothing in another. What it throws goes to `onError`. */
  run(node: string, work: () => Promise<void>): void;
  /** The same, resolving when it is done. */
  runAndWait(node: string, work: () => Promise<void>): Promise<void>;
  /** Resolves when nothing runs. */
  settled(): Promise<void>;
}

export interface LanesOptions {
  readonly clock: Clock;
  readonly onError: (node: string, error: unknown) => void;
  readonly onSuccess: (node: string) => void;
}

const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 120_000;

/** Kinds that say the node is in trouble, not that the call was wrong. */
export function isNodeTrouble(error: unknown): boolean {
  return (
    error instanceof ProxmoxError &&
    ['peer-unreachable', 'timeout', 'disconnected', 'truncated'].includes(error.kind)
  );
}

export function createLanes({ clock, onError, onSuccess }: LanesOptions): Lanes {
  const busy = new Map<string, Promise<void>>();
  const rests = new Map<string, { until: number; lastMs: number }>();

  const start = (node: string, work: () => Promise<void>): Promise<void> => {
    const done = work()
      .then(() => {
        rests.delete(node);
        onSuccess(node);
      })
      .catch((error: unknown) => {
        if (isNodeTrouble(error)) {
          const lastMs = Math.min((rests.get(node)?.lastMs ?? FIRST_REST_MS / 2) * 2, LONGEST_REST_MS);
          rests.set(node, { until: clock.now() + lastMs, lastMs });
        }
        onError(node, error);
      })
      .finally(() => busy.delete(node));
    busy.set(node, done);
    return done;
  };
  const isFree = (node: string) => !busy.has(node) && (rests.get(node)?.until ?? 0) <= clock.now();
  return {
    isFree,
    run: (node, work) => void (isFree(node) && start(node, work)),
    runAndWait: (node, work) => (isFree(node) ? start(node, work) : Promise.resolve()),
    async settled() {
      await Promise.all(busy.values());
    },
  };
}
