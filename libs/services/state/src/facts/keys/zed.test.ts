import { createCorrelator } from '../../correlator.ts';
import { sampleEvent } from '../../testing/sample-events.ts';

const fault = (id: string, second: number, facts: Record<string, unknown>) =>
  sampleEvent({
    id,
    type: 'zfs.vdev.faulted',
    node: 'pve1',
    second,
    facts: { pool: 'tank', ...facts },
    channel: 'eid' in facts ? 'syslog' : 'api',
  });

/** Ids of the reports of each fact. */
function grouped(...events: ReturnType<typeof fault>[]): string[] {
  const correlator = createCorrelator();
  try {
    for (const event of events) correlator.add(event);
    return correlator
      .facts()
      .map((fact) => fact.events.join(' '))
      .sort();
  } finally {
    correlator.close();
  }
}

describe('zfs faults', () => {
  const zedA = fault('zed-a', 0, { eid: 1, vdev: 'ata-A-part1' });
  const zedB = fault('zed-b', 30, { eid: 2, vdev: 'ata-B-part1' });
  const pollA = fault('poll-a', 900, { vdev: 'ata-A-part1' });
  const pollB = fault('poll-b', 900, { vdev: '/dev/disk/by-id/ata-B-part1' });

  it('are joined by what a later poll sees of the same device, in any order', () => {
    const expected = ['poll-a zed-a', 'poll-b zed-b'];
    expect(grouped(zedA, zedB, pollA, pollB)).toEqual(expected);
    expect(grouped(pollB, pollA, zedB, zedA)).toEqual(expected);
  });

  it('are not joined by a poll that saw it before, or much later, or saw another device', () => {
    const before = fault('before', -600, { vdev: 'ata-A-part1' });
    const later = fault('later', 3_600, { vdev: 'ata-A-part1' });
    expect(grouped(zedA, before, later, pollB)).toEqual(['before', 'later', 'poll-b', 'zed-a']);
  });
});
