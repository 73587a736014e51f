import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { ingestSyslog } from '@proxmox-mcp/ingest-syslog';
import { createLog, defineService, startServices } from '@proxmox-mcp/service-kit';
import * as z from 'zod';
import { BENCH_NODE } from './syslog-line.ts';

/** The embedded bus refuses to serve one service alone; this one does nothing. */
const beside = defineService({
  name: 'bench',
  config: z.object({}),
  create: () => ({ start: () => Promise.resolve(), stop: () => Promise.resolve() }),
});

/** What reached the bus. */
export interface Arrived {
  readonly stored: number;
  /** From the first event to the last, in seconds. */
  readonly seconds: number;
  /** CPU of this process for each, in microseconds. */
  readonly cpuMicros: number;
}

export interface Following {
  /** Waits until nothing more was stored for a second. */
  end(): Promise<Arrived>;
}

/** The real syslog service on the real embedded bus, in this process. */
export interface Receiver {
  readonly port: number;
  readonly receiveBufferBytes: number;
  /** Counts what is stored from now on. */
  follow(): Promise<Following>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-bench-'));
  const inventory = `sources:\n  - id: bench\n    product: pve\n    nodes:\n      - name: ${BENCH_NODE}\n`;
  await writeFile(join(folder, 'inventory.yaml'), inventory);
  const running = await startServices([ingestSyslog, beside], {
    env: {
      DATA_DIR: join(folder, 'data'),
      ADMIN_PORT: '0',
      EVENT_SYSLOG_LISTEN_PORT: '0',
      // What is measured is storing: nothing may be summed up instead.
      INGEST_RATE_PER_SECOND: '1000000',
      INGEST_BURST: '1000000',
    },
    envFile: join(folder, 'none'),
    configDir: folder,
    log: createLog('error', new Writable({ write: (_chunk, _encoding, done) => done() })),
  });
  const details = running.readiness()['ingest-syslog']?.details ?? {};
  return {
    port: Number(details['port']),
    receiveBufferBytes: Number(details['receiveBufferBytes']),
    follow: () => follow(() => running.bus.lastSeq('EVENTS')),
    async close() {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const LOOK_EVERY_MS = 10;
const QUIET_MS = 1_000;

async function follow(stored: () => Promise<number>): Promise<Following> {
  const before = await stored();
  const cpu = process.cpuUsage();
  let last = before;
  let firstAt = 0;
  let lastAt = performance.now();
  const look = async () => {
    const now = await stored();
    if (now === last) return;
    lastAt = performance.now();
    if (last === before) firstAt = lastAt - LOOK_EVERY_MS;
    last = now;
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return {
    async end() {
      lastAt = performance.now();
      while (performance.now() - lastAt < QUIET_MS) await new Promise((resolve) => setTimeout(resolve, 50));
      clearInterval(timer);
      const used = process.cpuUsage(cpu);
      const count = last - before;
      return {
        stored: count,
        seconds: (lastAt - firstAt) / 1_000,
        cpuMicros: (used.user + used.system) / Math.max(1, count),
      };
    },
  };
}
