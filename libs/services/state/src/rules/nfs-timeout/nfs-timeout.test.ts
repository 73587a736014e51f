import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { storageUnavailable } from '../storage-unavailable/rule.ts';
import { nfsTimeout } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const server = { server: '192.0.2.40' };
const timeout = (node: string, second: number) =>
  sampleEvent({ type: 'storage.nfs.timeout', channel: 'syslog', node, second, facts: server });
const answers = (node: string, second: number) =>
  sampleEvent({ type: 'storage.nfs.recovered', channel: 'syslog', node, second, facts: server });

it('is one incident of a server that several nodes wait for, until it answers all of them', () => {
  t = tryRule(nfsTimeout);
  t.hear(timeout('pve1', 0), timeout('pve2', 4), timeout('pve1', 60));
  t.wait(100);
  expect(t.incidents()).toEqual([]);
  t.wait(130);
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|nfs/192.0.2.40|storage.nfs.timeout', severity: 'error', status: 'open' },
  ]);
  t.hear(answers('pve1', 200));
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.hear(answers('pve2', 201));
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }]);
});

it('is not told beside the storage that is away because of it', () => {
  t = tryRule(nfsTimeout, {}, { besides: [storageUnavailable] });
  const storage = { node: 'pve1', storage: 'nas-backup' };
  t.hear(timeout('pve1', 0), sampleEvent({ type: 'storage.state.unavailable', second: 5, ...storage }));
  // However late anybody looks.
  t.wait(400);
  t.hear(sampleEvent({ type: 'storage.state.available', second: 420, ...storage }), answers('pve1', 425));
  t.wait(900);
  expect(t.incidents()).toMatchObject([{ condition: 'storage.state.unavailable', status: 'resolved' }]);
});
