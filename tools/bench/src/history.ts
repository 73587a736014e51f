import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedBus } from '@proxmox-mcp/bus';
import { IncidentsQuery, requests, type IncidentsAnswer } from '@proxmox-mcp/schemas';
import { fillIncidents, startState } from '@proxmox-mcp/state/testing';
import { below, percentile, plain, print, printMachine } from './figure.ts';

/**
 * `node tools/bench/src/history.ts [incidents] [rounds]`: how long the state service takes to answer, over the bus, what people ask of a
 * history that is full: lists, filters, pages far back, one incident with its timeline.
 */
const INCIDENTS = Number(process.argv[2] ?? 100_000);
const ROUNDS = Number(process.argv[3] ?? 100);
const GOAL_MS = 50;
/** Pages of 50 before the one that is measured. */
const DEEP = 100;
const DAY_MS = 86_400_000;

printMachine();
const dataDir = await mkdtemp(join(tmpdir(), 'proxmox-mcp-history-bench-'));
const now = Date.now();
const started = performance.now();
const ids = fillIncidents(dataDir, { count: INCIDENTS, now });
print(plain(`${INCIDENTS} incidents stored`, (performance.now() - started) / 1_000, 's'));

const bus = await createEmbeddedBus({ file: join(dataDir, 'bus.sqlite') });
// Nothing of it is too old.
const state = await startState({ bus, dataDir, settings: { HISTORY_DAYS: '3650' } });
try {
  const ago = (days: number) => new Date(now - days * DAY_MS).toISOString();
  await measure('newest 50', () => ({}));
  await measure('not resolved', () => ({ statuses: ['open', 'acknowledged', 'flapping', 'stale'] }));
  await measure('of one status', () => ({ statuses: ['stale'] }));
  await measure('critical', () => ({ minSeverity: 'critical' }));
  await measure('of a node', (n) => ({ node: `pve${(n % 40) + 1}` }));
  await measure('of a node there never was', () => ({ node: 'pve99' }));
  await measure('of a guest', (n) => ({ vmid: 100 + n * 7 }));
  await measure('of a cluster there never was', () => ({ cluster: 'nowhere' }));
  await measure('of a cluster, critical', () => ({ cluster: 'atlas', minSeverity: 'critical' }));
  await measure('of a storage there never was', () => ({ storage: 'nowhere' }));
  await measure('of a rare condition', () => ({ conditions: ['cluster.quorum.lost'] }));
  await measure('of a kind there never was', () => ({ conditions: ['ceph.*', 'zfs.*'] }));
  await measure('of conditions by glob', () => ({ conditions: ['*.failed'], minSeverity: 'error' }));
  await measure('a day of last year', (n) => ({ since: ago(301 + n / 10), until: ago(300 + n / 10) }));
  await measure('up to a day of last year', (n) => ({ until: ago(390 + n / 10) }));
  await measure('what is common, up to a day of last year', (n) => ({
    conditions: ['guest.state.stopped'],
    until: ago(390 + n / 10),
  }));
  await measure('what is rare and critical, of a node', (n) => ({
    node: `pve${(n % 40) + 1}`,
    conditions: ['cluster.*'],
    minSeverity: 'critical',
  }));
  await measure('a guest in a node on a day', (n) => ({ vmid: 100 + n * 7, node: 'pve3', until: ago(200) }));
  const cursor = await cursorAfter(DEEP);
  await measure(`page ${DEEP + 1}`, () => ({ cursor }));
  const rare = await cursorAfter(20, { minSeverity: 'critical' });
  await measure('page 21 of what is critical', () => ({ minSeverity: 'critical', cursor: rare }));
  await measure('timeline of one', (n) => ({ id: ids[(n * 997) % ids.length] ?? '' }));
  await measure('timeline of the longest', () => ({ id: ids[0] ?? '' }));
} finally {
  await state.stop();
  await bus.close();
  await rm(dataDir, { recursive: true, force: true });
}

async function ask(query: Partial<IncidentsQuery>): Promise<IncidentsAnswer> {
  return bus.request(requests.incidents, IncidentsQuery.parse(query));
}

async function measure(name: string, query: (round: number) => Partial<IncidentsQuery>): Promise<void> {
  const all: number[] = [];
  let found = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const askedAt = performance.now();
    found = Math.max(found, (await ask(query(round))).items.length);
    all.push(performance.now() - askedAt);
  }
  print(
    below(`${name} of ${INCIDENTS}, p95 of ${ROUNDS} (${found} found)`, percentile(all, 0.95), 'ms', GOAL_MS),
  );
}

/** Where a page ends, so many pages from the newest. */
async function cursorAfter(pages: number, query: Partial<IncidentsQuery> = {}): Promise<string> {
  let cursor: string | undefined;
  for (let page = 0; page < pages; page++) {
    const answer = await ask({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    if (answer.nextCursor === undefined) throw new Error(`there are no ${pages} pages`);
    cursor = answer.nextCursor;
  }
  if (cursor === undefined) throw new Error('no page was asked for');
  return cursor;
}
