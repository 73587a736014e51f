import { faultsOf, readBooks, readStreams } from './audit.ts';
import { callTool, until } from './gateway.ts';
import { prepareNight, type Night } from './playing.ts';
import { createApp, reservePorts, type AppProcess } from './product-process.ts';

/** Kills the product in the middle of something and starts it again. */
export interface Killing {
  readonly night: Night;
  readonly app: AppProcess;
  /** SIGKILL now, and a new life on the same data at once. */
  now(): Promise<void>;
}

/** How a night with kills went. */
export interface Aftermath {
  readonly kills: number;
  /** Empty: nothing lost, doubled or invented. */
  readonly faults: readonly string[];
  /** Exit code of the last life, told to stop. */
  readonly exitCode: number | null;
}

/** At most this long after Gotify's answer the receipt is on disk. */
export const RECORDING_MS = 250;
const SETTLE_MS = 60_000;

/** Plays the failing nightly backup while `script` kills the product as often as it likes. */
export async function playAndKill(script: (killing: Killing) => Promise<void>): Promise<Aftermath> {
  const night = await prepareNight();
  const [adminPort = 0] = await reservePorts(1);
  const app = createApp({ app: 'all-in-one', folder: night.folder, adminPort, env: night.env });
  let kills = 0;
  // Gotify had the message and the product died before it could note so: nobody could know, and it is sent again.
  let isTwiceAllowed = false;
  try {
    app.start();
    await app.ready();
    await baseline(night);
    night.begin();
    await script({
      night,
      app,
      async now() {
        const [message] = night.demo.gotify.messages();
        await app.kill();
        kills++;
        const told = night.demo.gotify.messages().at(-1) ?? message;
        isTwiceAllowed ||= told !== undefined && Date.now() - Date.parse(told.date) < RECORDING_MS;
        app.start();
      },
    });
    await night.settled(SETTLE_MS);
    await app.ready();
    const books = await readBooks(night);
    const exitCode = await app.stop();
    const faults = faultsOf(night, books, await readStreams(app.dataDir));
    const isPardoned = (fault: string) => isTwiceAllowed && fault.startsWith('2 messages');
    return { kills, faults: faults.filter((fault) => !isPardoned(fault)), exitCode };
  } catch (err) {
    throw new Error(`${err instanceof Error ? err.message : String(err)}\n${app.output().slice(-4_000)}`, {
      cause: err,
    });
  } finally {
    await app.kill();
    await night.end();
  }
}

/** Three hosts and two ways in. */
const SOURCES = 5;

/** Every host was read once: what begins now is news. */
export async function baseline(night: Night): Promise<void> {
  await until(
    'the baseline of every host',
    async () => {
      const { data } = await callTool(night.gatewayUrl, 'fleet_overview');
      const { clusters, sources } = data as { clusters: unknown[]; sources: { ok: number } };
      return (clusters.length >= 3 && sources.ok >= SOURCES) || undefined;
    },
    30_000,
  );
}

/** Numbers in [0, 1) that a printed seed brings back (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
