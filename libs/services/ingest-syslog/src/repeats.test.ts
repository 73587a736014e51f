import type { EventDraft } from '@proxmox-mcp/schemas';
import { createRepeats } from './repeats.ts';

const draft = (change: Partial<EventDraft> = {}): EventDraft => ({
  type: 'storage.state.unavailable',
  severity: 'error',
  product: 'pve',
  cluster: 'lab',
  node: 'pve1',
  storage: 'nas-backup',
  facts: { tag: 'pvestatd' },
  ...change,
});

/** Seconds at which a line that comes every ten seconds until `end` is told. */
function toldAt(end: number, make = () => draft()): number[] {
  const repeats = createRepeats();
  const told: number[] = [];
  for (let second = 0; second < end; second += 10)
    if (!repeats.isRepeat(make(), second * 1000)) told.push(second);
  return told;
}

describe('a line that repeats itself', () => {
  it('is told once, and again every five minutes while it lasts', () => {
    expect(toldAt(900)).toEqual([0, 300, 600]);
  });

  it('is news again after it was silent for more than three passes', () => {
    const repeats = createRepeats();
    const told = [0, 10, 20, 50, 90, 100].filter((second) => !repeats.isRepeat(draft(), second * 1000));
    expect(told).toEqual([0, 90]);
  });

  it('is told for each node, storage and error', () => {
    const repeats = createRepeats();
    const lines = [
      draft(),
      draft({ node: 'pve2' }),
      draft({ storage: 'other' }),
      draft({ facts: { error: 'mount error: mount.nfs: access denied' } }),
    ];
    expect(lines.map((line) => repeats.isRepeat(line, 0))).toEqual([false, false, false, false]);
  });

  it('may say what it likes where every line is a happening of its own', () => {
    expect(toldAt(30, () => draft({ type: 'backup.guest.failed' }))).toEqual([0, 10, 20]);
  });
});
