import type { KeyValue } from '@proxmox-mcp/bus';
import * as z from 'zod';
import type { NotifyFile } from './policy/notify-file.ts';
import { type Counts, NO_COUNTS, throttle } from './stages/throttle.ts';
import type { Outcome } from './stages/stage.ts';

const Count = z.object({ from: z.number(), count: z.number() });
const Stored = z.object({ all: Count, incidents: z.record(z.string(), Count) });

/** How much each channel was sent of late, in the DELIVERIES key-value: a restart is no reason for more. */
export interface ChannelCounts {
  /** Counts one message, or says until when it has to wait. */
  take(
    channel: string,
    message: { readonly incidentId: string; readonly isCritical: boolean },
  ): Promise<Outcome>;
  /** What `take` would say; counts nothing. */
  look(
    channel: string,
    message: { readonly incidentId: string; readonly isCritical: boolean },
  ): Promise<Outcome>;
}

/** Makes the counts. Without a rate nothing is read or written. */
export function createCounts(
  kv: KeyValue,
  { rates, now }: { readonly rates: NotifyFile['throttle']; readonly now: () => number },
): ChannelCounts {
  const isLimited = rates.per_channel !== undefined || rates.per_incident !== undefined;
  // One at a time per process. Replicas may overwrite each other's count: then a few messages more are sent, none less.
  let turn: Promise<unknown> = Promise.resolve();
  const keyOf = (channel: string) => `rate.${channel}`;
  const read = async (channel: string): Promise<Counts> => {
    const entry = await kv.get(keyOf(channel));
    return entry === undefined ? NO_COUNTS : (Stored.safeParse(parse(entry.value)).data ?? NO_COUNTS);
  };
  async function ask(
    channel: string,
    message: { readonly incidentId: string; readonly isCritical: boolean },
    isTaken: boolean,
  ): Promise<Outcome> {
    if (!isLimited) return { kind: 'pass', reason: 'within-rate' };
    const before = await read(channel);
    const { outcome, counts } = throttle(before, message, { rates, now: now() });
    if (isTaken && outcome.kind === 'pass') await kv.put(keyOf(channel), JSON.stringify(counts));
    return outcome;
  }
  return {
    look: (channel, message) => ask(channel, message, false),
    take(channel, message) {
      const result = turn.then(() => ask(channel, message, true));
      turn = result.catch(() => undefined);
      return result;
    },
  };
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
