import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bus } from '../bus.ts';
import { createEmbeddedBus } from '../embedded/embedded-bus.ts';

export interface TestBus {
  readonly bus: Bus;
  /** Closes the bus and opens it again on the same file, as a restart does. @returns the new bus, also in `bus`. */
  reopen(): Promise<Bus>;
  /** Deletes what is past retention (seven days by `options.now`), which a bus does by itself every minute. */
  trim(): void;
  /** Closes the bus and deletes its files. Safe twice. */
  close(): Promise<void>;
}

/**
 * Opens a real embedded bus in a temporary folder.
 *
 * ```ts
 * const t = await openTestBus();
 * await t.bus.publish(subjects.fact('guest.started'), fact);
 * await t.close();
 * ```
 *
 * @param options.now clock for stored times and retention.
 */
export async function openTestBus(options: { readonly now?: () => number } = {}): Promise<TestBus> {
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-bus-'));
  const open = () => createEmbeddedBus({ file: join(folder, 'bus.sqlite'), ...options });
  let bus = await open();
  return {
    get bus() {
      return bus;
    },
    async reopen() {
      await bus.close();
      bus = await open();
      return bus;
    },
    trim() {
      bus.trim();
    },
    async close() {
      await bus.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
