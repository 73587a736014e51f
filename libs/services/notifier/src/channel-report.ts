import type { KeyValue } from '@proxmox-mcp/bus';
import { ChannelState, stateKeys } from '@proxmox-mcp/schemas';
import type { Logger } from '@proxmox-mcp/service-kit';
import type { ChannelHealth } from './health.ts';

/** A storm would write the time of the last success for every message. */
const SUCCESS_EVERY_MS = 30_000;

/** Tells the others which ways out there are and how they do: `channels.<name>` in the STATE key-value. */
export interface ChannelReport {
  /** Writes the present channels and forgets those that an older version had. Keeps what was known of each. */
  begin(channels: readonly { readonly name: string; readonly enabled: boolean }[]): Promise<void>;
  /** The same health, its changes written too. A bus that is away costs a warning, never a notification. */
  follow(name: string, health: ChannelHealth): ChannelHealth;
  /** Resolves when everything told so far is written or given up. */
  written(): Promise<void>;
}

/** Makes the report over the STATE bucket. */
export function createChannelReport({
  state,
  log,
  now,
}: {
  readonly state: KeyValue;
  readonly log: Pick<Logger, 'warn'>;
  readonly now: () => number;
}): ChannelReport {
  const known = new Map<string, ChannelState>();
  // One at a time: a later state must not be overtaken by an earlier one.
  let writing: Promise<void> = Promise.resolve();
  const iso = () => new Date(now()).toISOString();

  function write(next: ChannelState): void {
    known.set(next.name, next);
    writing = writing
      .then(async () => {
        // Overtaken while it waited.
        if (known.get(next.name) === next)
          await state.put(stateKeys.channel(next.name), JSON.stringify(next));
      })
      .catch((err: unknown) => log.warn({ err, channel: next.name }, 'state of the channel not written'));
  }

  return {
    async begin(channels) {
      const before = new Map((await state.list('channels')).map((entry) => [entry.key, read(entry.value)]));
      for (const { name, enabled } of channels) {
        const last = before.get(stateKeys.channel(name));
        write({ status: 'ok', ...last, name, enabled, at: iso() });
        before.delete(stateKeys.channel(name));
      }
      await writing;
      for (const key of before.keys()) await state.delete(key);
    },
    follow: (name, health) => ({
      succeeded() {
        health.succeeded();
        const last = known.get(name);
        if (last === undefined) return;
        const at = iso();
        const isNews = last.status !== 'ok' || last.lastOkAt === undefined;
        if (isNews || Date.parse(at) - Date.parse(last.at) >= SUCCESS_EVERY_MS)
          write({ ...last, status: 'ok', lastOkAt: at, at });
      },
      failed(reason) {
        health.failed(reason);
        const last = known.get(name);
        if (last === undefined || (last.status === 'failing' && last.lastFailureReason === reason)) return;
        write({ ...last, status: 'failing', lastFailureReason: reason.slice(0, 200), at: iso() });
      },
      details: () => health.details(),
    }),
    written: () => writing,
  };
}

/** What a version before wrote may not be ours to read: then it starts anew. */
function read(value: string): ChannelState | undefined {
  try {
    return ChannelState.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}
