import { createHostIndex } from '@proxmox-mcp/proxmox-events';
import { topologyOf } from '../../facts/topology.ts';
import { guestRow, nodeRow, openLab, type Lab } from '../../testing/open-lab.ts';
import { epoch, sampleEvent, type Sample } from '../../testing/sample-events.ts';

let lab: Lab;
const GUESTS = Array.from({ length: 27 }, (_, index) => 201 + index);
beforeEach(async () => {
  lab = await openLab();
  lab.put(nodeRow('pve1'), nodeRow('pve2'), nodeRow('pve3'), guestRow(101));
  for (const vmid of GUESTS) lab.put(guestRow(vmid, { node: 'pve2', name: `web${vmid}` }));
  await lab.pass(60);
});
afterEach(() => lab.close());

/** Conditions of those that somebody is told of. */
const told = () =>
  lab
    .incidents()
    .filter(({ status }) => status === 'open' || status === 'acknowledged')
    .map(({ condition, node }) => `${condition} ${node ?? ''}`.trim());
const find = (condition: string) => lab.incidents().find((incident) => incident.condition === condition);
const event = (sample: Sample) => sampleEvent({ second: lab.second(), ...sample });

function lose(...nodes: readonly string[]): void {
  for (const node of nodes) lab.put(nodeRow(node, 'offline'));
  if (nodes.includes('pve2'))
    for (const vmid of GUESTS)
      lab.put(guestRow(vmid, { node: 'pve2', name: `web${vmid}`, status: 'unknown' }));
}

const backupOn = (node: string, more: Partial<Sample> = {}) =>
  event({
    type: 'backup.job.failed',
    node,
    upid: `UPID:${node}:0003A1F2:0A5C11D3:69B4B314:vzdump::root@pam:`,
    status: 'unexpected status',
    facts: { task_type: 'vzdump', task_id: '', user: 'root@pam', starttime: epoch(10), storage: 'nas' },
    ...more,
  });

it('tells of a lost node with what is affected, in the very first message', async () => {
  lose('pve2');
  await lab.pass(10);
  const [opened] = lab.told();
  expect(opened).toMatchObject({
    word: 'opened',
    incident: { condition: 'node.state.offline', node: 'pve2', affected: { guests: 27 } },
  });
  expect(opened?.incident.affected?.names).toHaveLength(20);
  expect(opened?.incident.affected?.names[0]).toBe('201 (web201)');
});

it('keeps what follows from a lost node with it, counts it, and tells what is still bad once the node is back for a while', async () => {
  await lab.hear(backupOn('pve2'));
  expect(told()).toEqual(['backup.job.failed pve2']);
  lose('pve2');
  await lab.pass(20);
  expect(told()).toEqual(['node.state.offline pve2']);
  expect(find('node.state.offline')).toMatchObject({ children: 1 });
  expect(find('backup.job.failed')).toMatchObject({
    status: 'suppressed',
    parent: find('node.state.offline')?.id,
    suppression: { reason: 'parent' },
  });
  await lab.pass(3_600);
  expect(told()).toEqual(['node.state.offline pve2']);
  lab.put(nodeRow('pve2'));
  await lab.pass(100);
  expect(told()).toEqual([]);
  await lab.pass(60);
  expect(told()).toEqual(['backup.job.failed pve2']);
  await lab.pass(3_600);
  expect(told()).toEqual(['backup.job.failed pve2']);
});

it('gives the guests of a node that is back their time, and tells of those that stay down', async () => {
  lose('pve2');
  await lab.pass(120);
  lab.put(nodeRow('pve2'));
  for (const vmid of GUESTS) lab.put(guestRow(vmid, { node: 'pve2', name: `web${vmid}`, status: 'stopped' }));
  await lab.pass(90);
  for (const vmid of GUESTS.slice(1)) lab.put(guestRow(vmid, { node: 'pve2', name: `web${vmid}` }));
  await lab.pass(60);
  expect(told()).toEqual([]);
  await lab.pass(120);
  expect(told()).toEqual(['guest.state.stopped pve2']);
  expect(lab.incidents().filter(({ status }) => status !== 'resolved')).toHaveLength(1);
});

it('tells together what remains of a node that is back, once, and its end when the last of it is over', async () => {
  lose('pve2');
  await lab.pass(120);
  const set = (status: 'running' | 'stopped', ...vmids: readonly number[]) => {
    for (const vmid of vmids) lab.put(guestRow(vmid, { node: 'pve2', name: `web${vmid}`, status }));
  };
  lab.put(nodeRow('pve2'));
  set('running', ...GUESTS);
  set('stopped', 203, 204, 205);
  await lab.pass(20);
  await lab.hear(backupOn('pve2'));
  await lab.pass(300);
  expect(told()).toEqual(['incident.aftermath pve2']);
  expect(find('incident.aftermath')).toMatchObject({
    title: '4 problems remain after: Node pve2 is offline',
    severity: 'error',
    children: 4,
    affected: { guests: 3, names: ['203 (web203)', '204 (web204)', '205 (web205)'] },
  });
  await lab.restart();
  set('running', 203, 204);
  await lab.pass(60);
  expect(find('incident.aftermath')).toMatchObject({ status: 'open', affected: { guests: 1 } });
  set('running', 205);
  await lab.pass(60);
  expect(told()).toEqual(['incident.aftermath pve2']);
  lab.command({ id: find('backup.job.failed')?.id ?? '', op: 'resolve' });
  await lab.pass(20);
  expect(find('incident.aftermath')).toMatchObject({ status: 'resolved', resolution: 'recovered' });
});

it('waits while the node starts its guests one after the other', async () => {
  lose('pve2');
  await lab.pass(120);
  lab.put(nodeRow('pve2'), guestRow(201, { node: 'pve2', status: 'stopped' }));
  await lab.pass(10);
  await lab.hear(
    event({
      type: 'task.started',
      node: 'pve2',
      upid: 'UPID:pve2:0003A1F3:0A5C11D3:69B4B314:startall::root@pam:',
      facts: { task_type: 'startall', user: 'root@pam', starttime: epoch(lab.second()) },
    }),
  );
  await lab.pass(1_200);
  expect(told()).toEqual([]);
});

it('makes one message of two nodes lost at once with the quorum, in whatever order they are seen', async () => {
  lose('pve2', 'pve3');
  await lab.pass(10);
  await lab.hear(event({ type: 'cluster.quorum.lost', node: 'pve1' }));
  await lab.pass(10);
  expect(told()).toEqual(['cluster.quorum.lost']);
  expect(find('cluster.quorum.lost')).toMatchObject({ children: 2, affected: { guests: 27 } });
  await lab.hear(event({ type: 'cluster.quorum.regained', node: 'pve1' }));
  await lab.pass(200);
  expect(told()).toEqual(['incident.aftermath']);
  expect(find('incident.aftermath')?.cause).toBe('Node pve2 is offline; Node pve3 is offline');
});

it('does not make old troubles of a node, or those of others, its children', async () => {
  await lab.hear(backupOn('pve2'), backupOn('pve3'));
  await lab.pass(600);
  lose('pve2');
  await lab.pass(600);
  expect(told()).toEqual(['backup.job.failed pve2', 'backup.job.failed pve3', 'node.state.offline pve2']);
});

it('puts the backups to a PBS that is away with it, where the inventory knows which storage it is', async () => {
  lab.close();
  const pbs = {
    name: 'pbs1',
    product: 'pbs',
    cluster: 'pbs1',
    nodes: [{ name: 'pbs1', address: '10.0.0.9' }],
  };
  const pve = {
    name: 'atlas',
    product: 'pve',
    cluster: 'atlas',
    nodes: [{ name: 'pve1', address: '10.0.0.1' }],
    storages: [{ id: 'nas', type: 'pbs', server: '10.0.0.9', datastore: 'main' }],
  };
  const filled = [pbs, pve].map((source) => ({ storages: [], ...source }));
  lab = await openLab({ topology: topologyOf(createHostIndex(filled as never)) });
  await lab.hear(backupOn('pve1', { storage: 'nas' }));
  await lab.hear(
    event({ type: 'node.state.offline', product: 'pbs', source: 'pbs1', cluster: 'pbs1', node: 'pbs1' }),
  );
  await lab.pass(10);
  expect(told()).toEqual(['node.state.offline pbs1']);
  expect(find('node.state.offline')).toMatchObject({ children: 1 });
});

it('tells of a failed backup only when the storage it failed on turns out not to be away', async () => {
  const nas = (status: 'available' | 'unknown') =>
    ({ kind: 'storage', node: 'pve1', storage: 'nas', shared: true, status }) as const;
  lab.put(nas('unknown'));
  await lab.pass(10);
  await lab.hear(backupOn('pve1', { storage: 'nas' }));
  expect(told()).toEqual([]);
  lab.put(nas('available'));
  await lab.pass(100);
  expect(told()).toEqual([]);
  await lab.pass(60);
  expect(told()).toEqual(['backup.job.failed pve1']);
});
