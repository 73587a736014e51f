import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEmbeddedBus } from '@proxmox-mcp/bus';
import { DeliveryReceipt } from '@proxmox-mcp/schemas';
import { type FarEnd, openFarEnd } from './testing/far-end.ts';

const CHILD = fileURLToPath(new URL('./testing/kill-child.ts', import.meta.url));
const INCIDENTS = 60;
/** Requests after which the process is killed, counted from its start: in the middle of sending. */
const KILL_AFTER = [3, 17, 9];
/** Sends at one time to one channel: at most so many can be accepted and not recorded at a kill. */
const IN_FLIGHT = 4;

let folder: string;
let far: FarEnd;
let child: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-kill-'));
  far = await openFarEnd();
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await far.close();
  await rm(folder, { recursive: true, force: true });
});

async function sentReceipts(): Promise<Set<string>> {
  const bus = await createEmbeddedBus({ file: join(folder, 'bus.sqlite') });
  try {
    const entries = await (await bus.kv('DELIVERIES')).list();
    const receipts = entries
      .filter(({ key }) => !key.includes('.'))
      .map((entry) => DeliveryReceipt.parse(JSON.parse(entry.value)));
    return new Set(receipts.filter((receipt) => receipt.status === 'sent').map((receipt) => receipt.id));
  } finally {
    await bus.close();
  }
}

/** Runs the notifier until it was killed after so many requests, or without a number until all is settled. */
async function live(
  killAfter: number | undefined,
  { incidents = INCIDENTS, messages = INCIDENTS, notify = {} } = {},
): Promise<void> {
  const begun = far.requests.length;
  const args = [join(folder, 'bus.sqlite'), far.url, String(incidents), String(messages)];
  const process_ = spawn(process.execPath, [CHILD, ...args, JSON.stringify(notify)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = process_;
  far.answer((request) => {
    if (killAfter !== undefined && far.requests.length - begun >= killAfter) process_.kill('SIGKILL');
    // One in five is refused the first time.
    const id = String(request.headers['idempotency-key']);
    const tries = far.requests.filter((other) => other.headers['idempotency-key'] === id).length;
    return tries === 1 && id.charCodeAt(id.indexOf('-') + 1) % 5 === 0 ? { status: 503 } : { status: 200 };
  });
  const exited = once(process_, 'exit');
  if (killAfter === undefined) {
    await once(process_.stdout, 'data');
    process_.kill('SIGKILL');
  }
  await exited;
}

it('killed at any moment, loses no notification and repeats none whose answer was recorded', async () => {
  for (const killAfter of KILL_AFTER) {
    const before = far.requests.length;
    const recorded = before === 0 ? new Set<string>() : await sentReceipts();
    await live(killAfter);
    const repeated = far.requests.slice(before).filter((request) => recorded.has(idOf(request)));
    expect(repeated).toEqual([]);
  }
  const recorded = await sentReceipts();
  const before = far.requests.length;
  await live(undefined);
  expect(far.requests.slice(before).filter((request) => recorded.has(idOf(request)))).toEqual([]);

  const all = Array.from({ length: INCIDENTS }, (_, i) => `inc-${i}-opened-webhook`).sort();
  expect([...new Set(far.requests.map(idOf))].sort()).toEqual(all);
  expect([...(await sentReceipts())].sort()).toEqual(all);
  // What was sent twice was under way at a kill, or refused the first time.
  const refused = all.filter((id) => id.charCodeAt(4) % 5 === 0).length;
  expect(far.requests.length - INCIDENTS - refused).toBeLessThanOrEqual(KILL_AFTER.length * IN_FLIGHT);
}, 60_000);

it('killed between the steps of a ladder, takes each of them, and none again whose answer was recorded', async () => {
  const notify = {
    routes: [
      {
        name: 'all',
        ladder: [
          { after: '1s', channels: ['webhook'] },
          { after: '1s', channels: ['webhook'] },
        ],
      },
    ],
  };
  const ladder = { incidents: 12, messages: 36, notify };
  for (const killAfter of [13, 5, 8]) {
    const before = far.requests.length;
    const recorded = before === 0 ? new Set<string>() : await sentReceipts();
    await live(killAfter, ladder);
    expect(far.requests.slice(before).filter((request) => recorded.has(idOf(request)))).toEqual([]);
  }
  await live(undefined, ladder);
  const all = Array.from({ length: 12 }, (_, i) =>
    ['opened', 'step1', 'step2'].map((what) => `inc-${i}-${what}-webhook`),
  );
  expect([...new Set(far.requests.map(idOf))].sort()).toEqual(all.flat().sort());
}, 60_000);

function idOf(request: { readonly headers: Readonly<Record<string, unknown>> }): string {
  return String(request.headers['idempotency-key']);
}
