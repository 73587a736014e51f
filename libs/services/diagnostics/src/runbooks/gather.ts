import { ProxmoxError } from '@proxmox-mcp/proxmox-client';

/** Collects the results of reads that may each fail. */
export interface Gatherer {
  /** @returns what was read, or `undefined` after noting under `name` why it could not be. */
  readonly read: <T>(name: string, read: () => Promise<T>) => Promise<T | undefined>;
  /** Notes something that could not be had for another reason. */
  readonly lack: (reason: string) => void;
  readonly missing: readonly string[];
}

/** Makes a gatherer for one run. */
export function createGatherer(signal: AbortSignal): Gatherer {
  const missing: string[] = [];
  return {
    missing,
    lack: (reason) => void missing.push(reason.slice(0, 500)),
    async read(name, read) {
      try {
        // A far end that ignores the signal must not hold the run beyond its time.
        return await Promise.race([read(), aborted(signal)]);
      } catch (err) {
        missing.push(`${name}: ${reasonOf(err, signal)}`.slice(0, 500));
        return undefined;
      }
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => reject(new OutOfTime('out of time'));
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}

/** The run's time is over. */
class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

function reasonOf(err: unknown, signal: AbortSignal): string {
  if (err instanceof OutOfTime || signal.aborted) return 'not answered within the time of the run';
  if (!(err instanceof ProxmoxError)) return err instanceof Error ? err.message : 'unknown trouble';
  if (err.kind === 'permission' && err.privileges)
    return `needs ${err.privileges.join(' or ')} on ${err.aclPath ?? '/'}`;
  if (err.kind === 'peer-unreachable') return 'the host answers, the node does not';
  return `${err.kind}: ${err.detail}`;
}
