import { token, untoken } from '@proxmox-mcp/schemas';
import type { KeyValue } from '../bus.ts';
import { type BusLog, silent } from '../shared/log.ts';
import { messageOf } from '../shared/message-of.ts';
import { createLeases } from './leases.ts';

// So long after its last sign the entry of a dead replica is cleared away.
const FORGET_AFTER_TTLS = 20;

export interface SharedNamesOptions {
  /** The LEASES bucket. */
  readonly kv: KeyValue;
  /** Names and replicas of one group are divided among each other: the service's name. */
  readonly group: string;
  /** Unique per process. */
  readonly owner: string;
  readonly ttlMs: number;
  /** What is to be divided; read at every round, so it may change. */
  readonly names: () => readonly string[];
  /** Ours from now on: start working on it. */
  readonly onGained: (name: string) => void;
  /** No longer ours. When we give a name away, it is given only after this has resolved; so nobody works on it twice. */
  readonly onLost: (name: string) => Promise<void> | void;
  /** A clock that only runs forward, in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
  readonly log?: BusLog;
}

/** Names divided among the live replicas of a service: each name is held by at most one, each replica by about equally many. */
export interface SharedNames {
  /** Does a first round, then one every third of the ttl. Resolves also when the bus is away; the rounds go on. */
  start(): Promise<void>;
  /** One round: sign of life, renew, yield what is too much, take what is free. Never throws. */
  round(): Promise<void>;
  held(): string[];
  /** Gives everything back, for the others to take at once. Safe without start; safe twice. */
  stop(): Promise<void>;
}

/** Makes the share of one replica. Each aims for `ceil(names / live replicas)`. */
export function createSharedNames(options: SharedNamesOptions): SharedNames {
  const { kv, ttlMs } = options;
  const now = options.now ?? (() => performance.now());
  const log = options.log ?? silent;
  const group = token(options.group);
  const replicas = new Map<string, { revision: number; since: number }>();
  const presence = `${group}-replicas`;
  const me = `${presence}.${token(options.owner)}`;
  let timers: NodeJS.Timeout[] = [];
  let rounds: Promise<void> = Promise.resolve();
  let underWay = false;
  let stopped = false;

  const leases = createLeases({
    kv,
    owner: options.owner,
    ttlMs,
    now,
    log,
    onLost: (key) => void dropped(key),
  });
  const nameOf = (key: string) => untoken(key.slice(group.length + 1));

  async function dropped(key: string): Promise<void> {
    try {
      await options.onLost(nameOf(key));
    } catch (err) {
      log.error({ err, name: nameOf(key) }, 'giving up a name failed');
    }
  }

  /** Shows that we live and counts who else does: whose entry changed within a ttl of our own clock. */
  async function countReplicas(): Promise<number> {
    await kv.put(me, JSON.stringify({ owner: options.owner }));
    let live = 0;
    const present = new Set<string>();
    for (const { key, revision } of await kv.list(presence)) {
      present.add(key);
      const seen = replicas.get(key);
      if (seen?.revision !== revision) replicas.set(key, { revision, since: now() });
      const quiet = now() - (replicas.get(key)?.since ?? 0);
      if (key === me || quiet < ttlMs) live += 1;
      else if (quiet > FORGET_AFTER_TTLS * ttlMs) await kv.delete(key);
    }
    for (const key of replicas.keys()) if (!present.has(key)) replicas.delete(key);
    return Math.max(1, live);
  }

  async function giveBack(key: string): Promise<void> {
    await dropped(key);
    await leases.release(key);
  }

  async function oneRound(): Promise<void> {
    await leases.renew();
    const live = await countReplicas();
    for (const { key, revision } of await kv.list(group)) leases.observe(key, revision);
    const keys = new Set(options.names().map((name) => `${group}.${token(name)}`));
    for (const key of leases.held()) if (!keys.has(key)) await giveBack(key);
    const target = Math.ceil(keys.size / live);
    for (const key of leases.held().slice(target)) await giveBack(key);
    for (const key of inOwnOrder(keys)) {
      if (stopped) return;
      if (leases.holds(key)) continue;
      if (leases.held().length >= target) break;
      if (await leases.acquire(key)) options.onGained(nameOf(key));
    }
  }

  /** Another order in every replica, so that they do not all reach for the same name. */
  function inOwnOrder(keys: Iterable<string>): string[] {
    const all = [...keys];
    const shift =
      [...options.owner].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) >>> 0, 7) % Math.max(1, all.length);
    return [...all.slice(shift), ...all.slice(0, shift)];
  }

  const shared: SharedNames = {
    async start() {
      await shared.round();
      if (stopped) return;
      timers = [
        setInterval(() => void (underWay || shared.round()), ttlMs / 3),
        setInterval(() => leases.expire(), ttlMs / 20),
      ];
    },
    round() {
      // One after the other: a slow bus must not make two rounds decide at once.
      rounds = rounds.then(async () => {
        if (stopped) return;
        underWay = true;
        try {
          await oneRound();
        } catch (error) {
          log.warn({ group: options.group, reason: messageOf(error) }, 'names not divided, will retry');
        } finally {
          underWay = false;
        }
      });
      return rounds;
    },
    held: () => leases.held().map(nameOf),
    async stop() {
      if (stopped) return;
      stopped = true;
      for (const timer of timers) clearInterval(timer);
      await rounds;
      try {
        for (const key of leases.held()) await giveBack(key);
        await kv.delete(me);
      } catch (error) {
        log.warn(
          { group: options.group, reason: messageOf(error) },
          'names not given back, they run out by themselves',
        );
      }
    },
  };
  return shared;
}
