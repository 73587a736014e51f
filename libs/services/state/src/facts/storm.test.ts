import type { Event } from '@proxmox-mcp/schemas';
import { openTestIngest } from '../testing/open-ingest.ts';
import { epoch, iso, sampleEvent } from '../testing/sample-events.ts';

const report = (
  state: 'started' | 'ongoing' | 'ended',
  second: number,
  count: number,
  storm = 'syslog/atlas/1',
): Event =>
  sampleEvent({
    id: `${storm} ${state} ${count}`,
    type: 'source.storm',
    severity: 'warning',
    channel: 'syslog',
    source: 'atlas',
    second,
    facts: {
      storm_id: storm,
      state,
      count,
      starttime: epoch(0),
      ...(state === 'ended' ? { endtime: epoch(second) } : {}),
    },
  });

it('makes one fact of one storm, however many reports it has, and no incident', () => {
  const t = openTestIngest();
  try {
    t.feed(report('started', 0, 10));
    // An hour of reports: more than a fact is made of.
    for (let i = 1; i <= 360; i++) t.feed(report('ongoing', i * 10, 10 + i));
    expect(t.facts.get('storm/syslog/atlas/1')).toMatchObject({
      type: 'source.storm',
      severity: 'warning',
      startedAt: iso(0),
      facts: { count: 10, progress: { count: 370 } },
      members: ['syslog/atlas/1 started 10'],
    });
    t.feed(report('ended', 3_610, 375));
    t.feed(report('started', 9_000, 3, 'syslog/atlas/2'));
    const [first, second] = ['1', '2'].map((n) => t.facts.get(`storm/syslog/atlas/${n}`));
    expect(first).toMatchObject({
      type: 'source.storm',
      endedAt: iso(3_610),
      facts: { count: 375, state: 'ended' },
    });
    expect(second?.endedAt).toBeUndefined();
    expect(t.transitions()).toEqual([]);
  } finally {
    t.close();
  }
});

it('makes a fact of a storm of which only the end was told', () => {
  const t = openTestIngest();
  try {
    t.feed(report('ended', 20, 7));
    expect(t.facts.get('storm/syslog/atlas/1')).toMatchObject({
      type: 'source.storm',
      startedAt: iso(0),
      endedAt: iso(20),
    });
  } finally {
    t.close();
  }
});
