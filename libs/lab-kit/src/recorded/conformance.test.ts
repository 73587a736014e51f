import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { createLab, type Lab } from '../lab.ts';
import { createSteppedClock, type SteppedClock } from '../world/clock.ts';
import { killNode } from '../world/node-failure.ts';
import { compareShape, type Tolerance } from './compare-shape.ts';
import { addRecordedTask, referenceSite } from './reference-site.ts';

interface Recorded {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly auth?: string;
  readonly type?: string;
  readonly body?: string;
  readonly chunked?: true;
  readonly status: number;
  readonly reason: string;
  readonly contentType?: string;
  readonly answer?: unknown;
}

interface Got {
  readonly status: number;
  readonly reason: string;
  readonly contentType: string | undefined;
  readonly contentLength: string | undefined;
  readonly body: string;
}

const pairs = JSON.parse(readFileSync(new URL('pve-9.2.json', import.meta.url), 'utf8')) as Recorded[];

/** Differences that come from what was installed there, not from PVE: firmware, and what is in a guest's config. */
const TOLERANCES: Readonly<Record<string, Tolerance>> = {
  // The recorded hosts boot by BIOS; the lab's boot by EFI, which adds a key.
  'node-002-status': { add: ['secureboot'] },
  'cl2-012-proxied-pve2-status': { add: ['secureboot'] },
  // Under software emulation QEMU told no block statistics.
  'guest-002-qemu-100-status-current': { add: ['diskread', 'diskwrite'] },
  'node-038-qemu': { add: ['diskread', 'diskwrite'] },
  'node-039-qemu-full-1': { add: ['diskread', 'diskwrite'] },
  // Those tasks were started with a ticket, ours with a token.
  'node-009-tasks-limit-2': { add: ['tokenid'] },
  // A virtual disk has no wearout; the lab's NVMe has.
  'node-042-disks-list': { retype: ['wearout'] },
  'guest-003-qemu-100-config': { lack: ['agent', 'kvm', 'description'], add: ['onboot', 'ostype', 'sockets'] },
  'guest-043-lxc-200-config': { add: ['features', 'net0', 'onboot', 'cores'] },
};

function send(port: number, pair: Recorded): Promise<Got> {
  const headers: Record<string, string> = { Connection: 'close' };
  if (pair.auth?.startsWith('PVEAPIToken') === true) headers['Authorization'] = pair.auth;
  else if (pair.auth === 'ticket:garbage') headers['Cookie'] = 'PVEAuthCookie=garbage';
  else if (pair.auth !== undefined) headers['Authorization'] = pair.auth;
  if (pair.type !== undefined) headers['Content-Type'] = pair.type;
  const body = pair.body === '@600k' ? `description=${'x'.repeat(600_000)}` : (pair.body ?? '');
  if (pair.chunked === true) headers['Transfer-Encoding'] = 'chunked';
  else headers['Content-Length'] = String(body.length);
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path: pair.path, method: pair.method, headers, rejectUnauthorized: false, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? '',
          contentType: response.headers['content-type'],
          contentLength: response.headers['content-length'],
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** Numbers, hashes and offsets differ from host to host. */
const pattern = (text: string) =>
  text
    .replace(/^(Connection refused|Connection timed out|No route to host)$/, 'peer unreachable')
    .replace(/[0-9a-f]{16,}/g, '#')
    .replace(/\d+/g, '0')
    .trim();

function compare(pair: Recorded, got: Got): string[] {
  const problems: string[] = [];
  if (got.status !== pair.status) problems.push(`status: recorded ${pair.status}, ours ${got.status} ${got.reason}`);
  if (pattern(got.reason) !== pattern(pair.reason)) problems.push(`reason: recorded "${pair.reason}", ours "${got.reason}"`);
  if (problems.length > 0) return problems;
  if (pair.answer === undefined) {
    if (got.body !== '') problems.push(`body: recorded none, ours ${got.body.slice(0, 100)}`);
    if (got.contentType !== undefined || got.contentLength !== undefined) problems.push('headers: recorded neither Content-Type nor Content-Length');
    return problems;
  }
  if (got.contentType !== pair.contentType) problems.push(`Content-Type: recorded ${pair.contentType ?? 'none'}, ours ${got.contentType ?? 'none'}`);
  if (typeof pair.answer === 'string') return problems;
  const ours: unknown = JSON.parse(got.body);
  const tolerance = TOLERANCES[pair.name] ?? {};
  if (pair.status >= 400) {
    const flat = (v: unknown) => pattern(JSON.stringify(sorted(v)));
    if (flat(ours) !== flat(pair.answer)) problems.push(`body: recorded ${flat(pair.answer)}, ours ${flat(ours)}`);
    return problems;
  }
  return [...problems, ...compareUpid(pair.answer, ours), ...compareShape(pair.answer, ours, tolerance, 'answer')];
}

/** A task made by the same request has the same type, id and user. */
function compareUpid(recorded: unknown, ours: unknown): string[] {
  const parts = (answer: unknown) => String((answer as { data: unknown }).data).split(':');
  const [a, b] = [parts(recorded), parts(ours)];
  return a[0] === 'UPID' && a.slice(5).join(':') !== b.slice(5).join(':') ? [`UPID: recorded ${a.join(':')}, ours ${b.join(':')}`] : [];
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value) || value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
}

const START = 1_795_336_600_000;
const STOPPED = 'UPID:pve1:00000B47:0003630E:6B02A4EC:qmstop:100:root@pam!full:';
const RUNNING = 'UPID:pve1:00000F57:00042C16:6B02A6EF:vzdump:200:root@pam!full:';
const KILLED = 'UPID:pve1:00000151:0005F185:6B02AB78:vzdump:200:root@pam!full:';

type What = 'single' | 'running' | 'acting' | 'cluster' | 'broken' | 'notify';

/** A lab with the recorded host alone, or with its cluster, or with the cluster after pve2 died. */
async function arrange(what: What): Promise<{ lab: Lab; clock: SteppedClock }> {
  const clock = createSteppedClock(START);
  const nodes = what === 'cluster' || what === 'broken' ? 2 : 1;
  const lab = createLab({ clock, delays: { authMs: 0, peerMs: 0 }, sites: (context) => [referenceSite(context, nodes)] });
  const site = lab.pve('pve1');
  addRecordedTask(site, STOPPED, 'OK');
  if (what === 'running') {
    addRecordedTask(site, RUNNING);
    Object.assign(site.guest(200), { lock: 'backup', status: 'stopped' });
  }
  if (what === 'acting') site.guests.delete(111);
  if (what === 'single') addRecordedTask(site, KILLED, 'unexpected status');
  if (what === 'broken') {
    killNode(lab.world, site, 'pve2');
    clock.advance(30_000);
  }
  await lab.start();
  return { lab, clock };
}

// One after the other on one host: each asks about what the ones before have set up.
const NOTIFY = /^notify-(01[1-35689]|02\d|03[036-9])-/;
const ACTING = /^(task-(001|017|021|030|042|052|070|106|124|132|145|149|153)|extra-017)-/;

function worldOf(name: string): What {
  if (ACTING.test(name)) return 'acting';
  if (NOTIFY.test(name)) return 'notify';
  if (/^fail-/.test(name)) return 'broken';
  if (/^cl2-/.test(name)) return 'cluster';
  return /^(longtask|crash-008)/.test(name) ? 'running' : 'single';
}

describe.each(['single', 'running', 'acting', 'cluster', 'broken', 'notify'] as const)('recorded answers, %s', (what) => {
  let lab: Lab;
  let clock: SteppedClock;
  let port = 0;
  beforeAll(async () => {
    ({ lab, clock } = await arrange(what));
    port = lab.addresses().find((a) => a.name === 'pve1')?.port ?? 0;
  });
  // Lets what a request started come to its end.
  afterEach(() => clock.advance(10_000));
  afterAll(() => lab.stop());

  it.each(pairs.filter((p) => worldOf(p.name) === what))('$name: $method $path', async (pair) => {
    expect(compare(pair, await send(port, pair))).toEqual([]);
  });
});
