import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEmbeddedBus } from '@proxmox-mcp/bus';
import { openFarEnd, type FarRequest } from '@proxmox-mcp/notifier/testing';
import { DeliveryReceipt, type Event } from '@proxmox-mcp/schemas';
import { seeded } from '../trouble/kill-nine.ts';
import { createCore } from './core-process.ts';

/** Requests of five that the channel refuses, or cuts off before it has read what they want. */
const FAILING = 0.2;
/** Guests whose migration fails at one time; when all are told they succeed, while the next ones fail. */
const BATCH = 250;
/** Where the notifications have come to the next kill is due, at most so long after: in the middle of anything. */
const SOON_MS = 40;
/** A kill that is overdue when a life begins meets its start. */
const START_MS = 1_200;

/** No five hundred notifications take as long, kills among them: one is lost. */
const LATE_MS = 180_000;

/** What came of it. */
export interface Outcome {
  readonly seed: number;
  readonly notifications: number;
  readonly kills: number;
  readonly refused: number;
  /** Notifications the channel accepted more than once, each time with the same key: the crash came before the record. */
  readonly repeated: number;
  /** What must not be, one line each. */
  readonly faults: readonly string[];
}

/** A message that the channel took. */
interface Accepted {
  readonly key: string;
  /** Incident and kind: what a person would call the same message. */
  readonly what: string;
  readonly life: number;
}

/**
 * Kills `state` and `notifier` with -9 at random moments while so many notifications go to a channel that fails one time in five, and
 * audits what the channel got.
 *
 * @param notifications even: half of them openings, half resolutions.
 */
export async function killAtRandom(notifications: number, kills: number, seed: number): Promise<Outcome> {
  const random = seeded(seed);
  const moments = Array.from({ length: kills }, () => Math.floor(random() * notifications)).sort(
    (a, b) => a - b,
  );
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-kills-'));
  const far = await openFarEnd();
  const accepted: Accepted[] = [];
  const distinct = new Set<string>();
  let life = 0;
  let refused = 0;
  far.answer((request) => {
    if (random() < FAILING) {
      refused++;
      return random() < 0.5 ? { status: 503 } : 'reset';
    }
    const one = { ...read(request), life };
    accepted.push(one);
    distinct.add(one.key);
    wake();
    return { status: 202 };
  });
  let waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const wake = () => {
    waiting = waiting.filter(({ count, resolve }) => {
      if (distinct.size < count) return true;
      resolve();
      return false;
    });
  };
  const told = (count: number) =>
    new Promise<void>((resolve, reject) => {
      const late = () =>
        reject(new Error(`seed ${seed}: ${distinct.size} told, and not ${count} in ${LATE_MS} ms`));
      const timer = setTimeout(late, LATE_MS);
      waiting.push({ count, resolve: () => (clearTimeout(timer), resolve()) });
      wake();
    });

  const settings = { NOTIFY_GROUP_WAIT: '0' };
  const core = createCore({ folder, webhook: far.url, settings });
  /** Notification → the first life that found it recorded as sent. */
  const recorded = new Map<string, number>();
  const audit = async () => {
    for (const id of await sentOf(folder)) if (!recorded.has(id)) recorded.set(id, life);
  };
  const killing = async () => {
    for (const moment of moments) {
      const isOverdue = distinct.size > moment;
      await told(moment);
      await sleep(random() * (isOverdue ? START_MS : SOON_MS));
      await core.kill();
      life++;
      await audit();
      core.start();
    }
  };
  const publishing = async () => {
    const guests = notifications / 2;
    let sent = 0;
    let failed: number[] = [];
    for (let from = 0; from < guests || failed.length > 0; from += BATCH) {
      const next = Array.from({ length: Math.max(0, Math.min(BATCH, guests - from)) }, (_, i) => from + i);
      await core.publish([
        ...failed.map((guest) => migration(guest, 'succeeded')),
        ...next.map((guest) => migration(guest, 'failed')),
      ]);
      sent += failed.length + next.length;
      await told(sent);
      failed = next;
    }
  };
  try {
    core.start();
    await Promise.all([killing(), publishing()]);
    // Ends what is under way; what was accepted is recorded then.
    await core.stop();
    life++;
    await audit();
    return { seed, notifications, kills, refused, ...judge(accepted, recorded, notifications) };
  } finally {
    await core.kill();
    await far.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function judge(
  accepted: readonly Accepted[],
  recorded: ReadonlyMap<string, number>,
  notifications: number,
): Pick<Outcome, 'repeated' | 'faults'> {
  const keysOf = new Map<string, Set<string>>();
  const livesOf = new Map<string, number[]>();
  for (const { what, key, life } of accepted) {
    keysOf.set(what, (keysOf.get(what) ?? new Set()).add(key));
    livesOf.set(key, [...(livesOf.get(key) ?? []), life]);
  }
  const faults: string[] = [];
  for (const [what, keys] of keysOf) if (keys.size > 1) faults.push(`${what} under ${[...keys].join(', ')}`);
  for (const [key, lives] of livesOf) {
    if (new Set(lives).size < lives.length) faults.push(`${key} twice in one life`);
    const known = recorded.get(key);
    if (known === undefined) faults.push(`${key} accepted and never recorded`);
    else if (lives.some((life) => life >= known)) faults.push(`${key} sent again after it was recorded`);
  }
  if (livesOf.size !== notifications) faults.push(`${livesOf.size} notifications of ${notifications}`);
  for (const id of recorded.keys()) if (!livesOf.has(id)) faults.push(`${id} recorded and never accepted`);
  return { repeated: [...livesOf.values()].filter(({ length }) => length > 1).length, faults };
}

function read({ headers, body }: FarRequest): Omit<Accepted, 'life'> {
  // What our own webhook channel posts.
  const { kind, incidentId } = JSON.parse(body) as Record<string, string>;
  return { key: String(headers['idempotency-key']), what: `${incidentId} ${kind}` };
}

/** Ids of what the notifier has recorded as sent. The process that writes the file must be dead. */
async function sentOf(folder: string): Promise<string[]> {
  const bus = await createEmbeddedBus({ file: join(folder, 'bus.sqlite') });
  try {
    const entries = await (await bus.kv('DELIVERIES')).list();
    return entries.flatMap(({ key, value }) => {
      // Keys with a dot are other books of the notifier's.
      const receipt = key.includes('.') ? undefined : DeliveryReceipt.parse(JSON.parse(value));
      return receipt?.status === 'sent' ? [receipt.id] : [];
    });
  } finally {
    await bus.close();
  }
}

/** One end of a guest's migration, as the task list tells it. */
function migration(guest: number, outcome: 'failed' | 'succeeded'): Event {
  const vmid = 1_000 + guest;
  const isFailed = outcome === 'failed';
  const at = new Date().toISOString();
  const pid = (0x1000 + 2 * guest + (isFailed ? 0 : 1)).toString(16).toUpperCase().padStart(8, '0');
  const upid = `UPID:pve1:${pid}:0A5C11D3:${Math.floor(Date.now() / 1_000)
    .toString(16)
    .toUpperCase()}:qmigrate:${vmid}:root@pam:`;
  return {
    id: `ev-${vmid}-${outcome}`,
    type: `guest.migrate.${outcome}`,
    severity: isFailed ? 'error' : 'info',
    product: 'pve',
    channel: 'api',
    source: 'atlas',
    cluster: 'atlas',
    node: 'pve1',
    guest: { kind: 'qemu', vmid },
    upid,
    occurredAt: at,
    receivedAt: at,
    title: `Migration of VM ${vmid} ${outcome}`,
    facts: isFailed ? { error: 'no route to host' } : {},
  };
}
