import { filters } from '@proxmox-mcp/schemas';
import { seedChannels } from '../testing/fleet.ts';
import { openToolBench, type ToolBench } from '../testing/tool-bench.ts';
import { TOOLS } from '../tools/index.ts';
import { ALIASES } from './aliases.ts';

let bench: ToolBench;
beforeAll(async () => {
  bench = await openToolBench({
    answers: { '/nodes/pve2/network': [{ iface: 'vmbr0' }] },
    prepare: (bus) => seedChannels(bus, { name: 'gotify' }),
  });
});
afterAll(() => bench.close());

it('accepts exactly these names', () => {
  expect(ALIASES.map((alias) => alias.name)).toEqual([
    'get_cluster_status',
    'get_nodes',
    'get_node_status',
    'get_vms',
    'get_vm_list',
    'get_lxcs',
    'get_vm_status',
    'execute_vm_command',
    'execute_lxc_command',
    'get_storage',
    'get_node_tasks',
    'get_recent_tasks',
    'get_backup_info',
    'check_node_health',
    'get_network_info',
    'send_notification',
  ]);
});

it.each([
  ['get_cluster_status', { include_details: true }, { data: { incidents: { unresolved: 1 } } }],
  ['get_nodes', {}, { items: [{ id: 'edge/pve1' }, { id: 'prod/pve1' }, { id: 'prod/pve2' }] }],
  ['get_node_status', { node: 'pve2' }, { data: { node: 'pve2', status: 'offline' } }],
  ['get_node_status', { node_type: 'pbs' }, { items: [] }],
  ['get_node_status', { node_type: 'all' }, { items: [{}, {}, {}] }],
  ['get_vms', {}, { items: [{ id: 'prod/106' }, { id: 'prod/105' }] }],
  ['get_vms', { node: 'pve1', vmid: 106 }, { data: { id: 'prod/106' } }],
  ['get_vm_list', { node_name: 'pve1', vm_type: 'lxc' }, { items: [{ id: 'edge/105' }] }],
  ['get_lxcs', {}, { items: [{ id: 'edge/105' }] }],
  ['get_vm_status', { node_name: 'pve1', vmid: 106 }, { data: { id: 'prod/106', status: 'stopped' } }],
  ['execute_vm_command', { node: 'pve1', vmid: '106', command: 'status' }, { data: { id: 'prod/106' } }],
  ['get_storage', {}, { items: [{ id: 'pbs1/tank' }] }],
  ['get_node_tasks', { node: 'pve1', limit: 5 }, { items: [] }],
  ['get_recent_tasks', {}, { items: [] }],
  ['get_backup_info', {}, { items: [], warnings: [expect.stringContaining('backups_query')] }],
  ['check_node_health', {}, { data: { incidents: { unresolved: 1 } } }],
  ['check_node_health', { node: 'pve2' }, { data: { node: 'pve2', status: 'offline' } }],
  ['get_network_info', { node: 'pve2' }, { data: { network: [{ iface: 'vmbr0' }] } }],
])('%s %j works with the predecessor’s arguments', async (name, args, answer) => {
  expect(await bench.ask(name, args)).toMatchObject(answer);
});

it('asks the history for the backups of one node', async () => {
  await bench.ask('get_backup_info', { node: 'pve1' });
  expect(bench.history.asked.facts.at(-1)).toMatchObject({ types: ['backup.*'], node: 'pve1', tasks: true });
});

it.each([
  ['execute_vm_command', { node: 'pve1', vmid: 106, command: 'start' }, 'guest_power (tier operate)'],
  ['execute_lxc_command', { node: 'pve1', vmid: 106, command: 'stop' }, 'guest_force_stop (tier destroy)'],
  ['execute_vm_command', { vmid: 106, command: 'shutdown', force: true }, 'guest_force_stop (tier destroy)'],
  ['start_vm', { vmid: 106 }, 'guest_power (tier operate)'],
  ['stop_vm', { vmid: 106, force: true }, 'guest_power (tier operate)'],
  ['run_diagnostic', {}, 'diagnose (tier read)'],
  ['test_connectivity', {}, 'diagnose (tier read)'],
])('%s %j is refused, naming what will bring it and what works now', async (name, args, brings) => {
  const outcome = await bench.call(name, args);
  expect(outcome).toMatchObject({ ok: false, structured: { code: 'unsupported_version', retryable: false } });
  const { message, hint } = outcome?.structured as { message: string; hint: string };
  expect(message).toContain('0.1');
  expect(message).toContain(brings);
  // The hint names a tool that this version lists.
  expect(TOOLS.some((tool) => hint.includes(tool.name))).toBe(true);
});

it('is no shell', async () => {
  const outcome = await bench.call('execute_vm_command', { vmid: 106, command: 'rm -rf /' });
  expect(outcome).toMatchObject({ ok: false, structured: { code: 'invalid' } });
});

it('knows nothing of names that nobody had', async () => {
  expect(await bench.call('toString', {})).toBeUndefined();
});

it('sends notifications by severity or priority, and only for tier operate', async () => {
  const severities: string[] = [];
  const deliveries = await bench.bus.kv('DELIVERIES');
  await bench.bus.consume({ durable: 'notifier', filters: [filters.allNotifications] }, async ({ data }) => {
    const isOn = data.channel === 'gotify';
    if (isOn) severities.push(data.severity);
    const outcome = isOn ? { status: 'sent' } : { status: 'failed', reason: 'no-such-channel' };
    const receipt = { id: data.id, channel: data.channel, attempts: 1, at: data.createdAt, ...outcome };
    await deliveries.put(data.id, JSON.stringify(receipt));
  });
  const message = { title: 'T', message: 'M' };
  expect(await bench.ask('send_notification', { ...message, severity: 'critical' })).toMatchObject({
    items: [{ channel: 'gotify', status: 'sent' }],
  });
  await bench.ask('send_notification', { ...message, priority: 'high' });
  expect(severities).toEqual(['critical', 'warning']);
  expect(await bench.call('send_notification', message, { tier: 'read' })).toMatchObject({
    structured: { code: 'permission' },
  });
});
