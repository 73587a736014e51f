import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IncidentsQuery, matches, type Incident } from '@proxmox-mcp/schemas';
import { fillIncidents } from '../testing/fill-incidents.ts';
import { createIncidentStore, type IncidentStore } from './incidents.ts';
import { openHistory, type HistoryFile } from './open-history.ts';

const COUNT = 900;
const NOW = Date.UTC(2026, 2, 16);

let folder: string;
let history: HistoryFile;
let store: IncidentStore;
/** Those that changed last first. */
let all: Incident[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'proxmox-mcp-incidents-'));
  const ids = fillIncidents(folder, { count: COUNT, now: NOW });
  history = openHistory(folder);
  store = createIncidentStore(history.db);
  const stored = ids.flatMap((id) => store.get(id)?.incident ?? []);
  all = stored.reverse().sort((a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt));
});
afterAll(() => {
  history.close();
  rmSync(folder, { recursive: true, force: true });
});

const ago = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString();

const QUERIES: readonly Partial<IncidentsQuery>[] = [
  {},
  { minSeverity: 'error' },
  { node: 'pve3' },
  { node: 'pve3', conditions: ['*.failed', 'guest.state.*'] },
  { conditions: ['backup.job.failed'], minSeverity: 'warning' },
  { conditions: ['node.*', 'guest.state_stopped'] },
  { cluster: 'atlas', conditions: ['*'] },
  { cluster: 'nowhere' },
  { storage: 'nowhere' },
  { statuses: ['open', 'acknowledged', 'stale', 'flapping', 'open'] },
  { statuses: ['resolved'], minSeverity: 'critical' },
  { since: ago(40), until: ago(20) },
  { until: ago(60) },
  { until: ago(60), minSeverity: 'error' },
  { since: ago(10), until: ago(60) },
  { statuses: ['open', 'acknowledged'], until: ago(20) },
  { node: 'pve7', since: ago(80), until: ago(30) },
];

it.each(QUERIES)('answers %j as reading all of them would, page by page', async (query) => {
  const expected = all.filter(
    (one) =>
      matches(
        {
          ...(query.node !== undefined && { node: query.node }),
          ...(query.cluster !== undefined && { cluster: query.cluster }),
          ...(query.storage !== undefined && { storage: query.storage }),
          ...(query.conditions && { condition: query.conditions }),
          ...(query.minSeverity && { minSeverity: query.minSeverity }),
        },
        one,
      ) &&
      (query.statuses?.includes(one.status) ?? true) &&
      one.updatedAt >= (query.since ?? '') &&
      one.openedAt <= (query.until ?? '9'),
  );
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const more = cursor === undefined ? {} : { cursor };
    const page = await store.query(IncidentsQuery.parse({ ...query, ...more, limit: 23 }));
    found.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  expect(found).toEqual(expected.map(({ id }) => id));
});

it('finds what a guest had', async () => {
  const vmid = all.find(({ guest }) => guest !== undefined)?.guest?.vmid ?? 0;
  const { items } = await store.query(IncidentsQuery.parse({ vmid }));
  expect(items).toEqual(all.filter(({ guest }) => guest?.vmid === vmid));
});
