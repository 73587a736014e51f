import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { nodeOffline } from '../node-offline/rule.ts';
import { storageUnavailable } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const nas = { storage: 'nas-backup' };
const line = (node: string, second: number) =>
  sampleEvent({
    type: 'storage.state.unavailable',
    channel: 'syslog',
    node,
    second,
    facts: { error: 'mount error: Connection refused' },
    ...nas,
  });
const listed = (node: string, second: number) =>
  sampleEvent({
    type: 'storage.state.unknown',
    node,
    second,
    facts: { from: 'available', to: 'unknown' },
    ...nas,
  });
const back = (node: string, second: number) =>
  sampleEvent({
    type: 'storage.state.available',
    node,
    second,
    facts: { from: 'unknown', to: 'available' },
    ...nas,
  });

it('is one incident of a NAS that all nodes lose, told by log and list, and over when the last node has it back', () => {
  t = tryRule(storageUnavailable);
  t.hear(line('pve1', 0), listed('pve1', 6), line('pve2', 3), line('pve3', 9));
  t.wait(59);
  expect(t.incidents()).toEqual([]);
  t.wait(70);
  expect(t.incidents()).toMatchObject([
    {
      key: 'atlas|storage/nas-backup|storage.state.unavailable',
      severity: 'error',
      storage: 'nas-backup',
      title: 'Storage nas-backup is unavailable',
      cause: 'pve1 cannot use nas-backup: mount error: Connection refused',
      why: { rule: 'storage-unavailable', forSeconds: 60 },
    },
  ]);
  t.hear(back('pve1', 100), back('pve2', 101));
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.hear(back('pve3', 102));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  expect(t.transitions().filter((word) => word !== 'updated')).toEqual(['opened', 'resolved']);
});

it('tells nobody of a storage that missed a round or two, nor late of one that is back', () => {
  t = tryRule(storageUnavailable);
  t.hear(line('pve1', 0), back('pve1', 20));
  t.wait(300);
  t.hear(back('pve2', 320), line('pve2', 310));
  t.wait(900);
  expect(t.incidents()).toEqual([]);
});

it('waits less where the list tells, which is five minutes late, and takes silence for the end where only the log does', () => {
  t = tryRule(storageUnavailable);
  t.hear(listed('pve1', 0));
  t.wait(16);
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.wait(5_000);
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.hear(back('pve1', 5_010), line('pve1', 6_000), line('pve1', 6_300));
  t.wait(6_310);
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }, { status: 'open' }]);
  t.wait(7_300);
  expect(t.incidents()).toMatchObject([{}, { status: 'resolved', resolution: 'expired' }]);
});

it('is one incident too when its ends are heard of before anybody looked', () => {
  t = tryRule(storageUnavailable);
  t.hear(line('pve1', 0), line('pve2', 3), listed('pve3', 9));
  t.hear(back('pve3', 100), back('pve2', 101), back('pve1', 102));
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }]);
  expect(t.transitions().filter((word) => word !== 'updated')).toEqual(['opened', 'resolved']);
});

it('is an incident for each node where each has a storage of that name for itself', () => {
  const storageOf = () => ({ isLocal: true, isInUse: true });
  t = tryRule(storageUnavailable, {}, { surroundings: { storageOf } });
  t.hear(listed('pve1', 0), listed('pve2', 5));
  t.wait(90);
  t.hear(back('pve2', 100));
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|storage/pve1/nas-backup|storage.state.unavailable', severity: 'critical', status: 'open' },
    { key: 'atlas|storage/pve2/nas-backup|storage.state.unavailable', node: 'pve2', status: 'resolved' },
  ]);
});

it('says nothing of the storages of a node that is gone, or has just come back', () => {
  t = tryRule(storageUnavailable, {}, { besides: [nodeOffline] });
  t.hear(sampleEvent({ type: 'node.state.offline', node: 'pve2', second: 0 }), listed('pve2', 0));
  t.wait(90);
  t.hear(sampleEvent({ type: 'node.state.online', node: 'pve2', second: 140 }));
  t.wait(160);
  t.hear(back('pve2', 170));
  t.wait(600);
  expect(t.incidents()).toMatchObject([{ condition: 'node.state.offline', status: 'resolved' }]);
});
