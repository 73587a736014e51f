import fc from 'fast-check';
import type { Event, Fact } from '@proxmox-mcp/schemas';
import { openTestIngest } from '../testing/open-ingest.ts';
import { sampleEvent } from '../testing/sample-events.ts';

const about = { node: 'pve1', storage: 'nas-backup' };
const line = (second: number) =>
  sampleEvent({ type: 'storage.state.unavailable', severity: 'error', channel: 'syslog', second, ...about });
const listed = (second: number) =>
  sampleEvent({ type: 'storage.state.unknown', severity: 'warning', second, ...about });
const back = (second: number) => sampleEvent({ type: 'storage.state.available', second, ...about });

function factsOf(reports: readonly Event[]): Fact[] {
  const t = openTestIngest();
  try {
    t.feed(...reports);
    const rows = t.history.db.prepare('SELECT body FROM facts WHERE merged = 0 ORDER BY started, n').all();
    return rows.map((row) => JSON.parse(String(row['body'])) as Fact);
  } finally {
    t.close();
  }
}

describe('a storage that is down', () => {
  it('is one fact, whoever reports it and however often', () => {
    const [fact, ...others] = factsOf([line(10), listed(14), line(20), line(30), line(320)]);
    expect(others).toEqual([]);
    expect(fact).toMatchObject({
      type: 'storage.state.unavailable',
      severity: 'error',
      storage: 'nas-backup',
    });
    expect(fact?.members).toHaveLength(5);
  });

  it('is another fact after it was back, and on another node', () => {
    const elsewhere = sampleEvent({
      type: 'storage.state.unavailable',
      severity: 'error',
      ...about,
      node: 'pve2',
      second: 12,
    });
    const types = factsOf([line(10), elsewhere, back(60), line(100)]).map(
      (fact) => `${fact.node} ${fact.type}`,
    );
    expect(types).toEqual([
      'pve1 storage.state.unavailable',
      'pve2 storage.state.unavailable',
      'pve1 storage.state.available',
      'pve1 storage.state.unavailable',
    ]);
  });

  it('is the same fact in whatever order line and list arrive', () => {
    const reports = [line(10), listed(14), line(20)];
    fc.assert(
      fc.property(fc.shuffledSubarray(reports, { minLength: reports.length }), (order) => {
        expect(factsOf(order)).toMatchObject([{ type: 'storage.state.unavailable', severity: 'error' }]);
      }),
      { numRuns: 6 },
    );
  });
});
