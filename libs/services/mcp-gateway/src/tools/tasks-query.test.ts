import { fact } from '../testing/fleet.ts';
import { openToolBench, type ToolBench } from '../testing/tool-bench.ts';

const UPID = 'UPID:pve1:00001234:00ABCDEF:65A1B2C3:vzdump::root@pam:';
const LOG = [
  { n: 1, t: 'INFO: starting new backup job' },
  { n: 2, t: 'ERROR: Backup of VM 105 failed - no space left on device' },
  { n: 3, t: 'TASK ERROR: job errors' },
];

let bench: ToolBench;
beforeEach(async () => {
  bench = await openToolBench({
    answers: { [`/nodes/pve1/tasks/${encodeURIComponent(UPID)}/log`]: LOG },
    now: () => Date.parse('2026-11-20T12:00:00Z'),
  });
  bench.history.facts.push(fact(UPID));
});
afterEach(() => bench.close());

it('asks the history for tasks in its words', async () => {
  await bench.ask('tasks_query', { guest: 'web', type: 'backup.*', state: 'error', since: '2h' });
  expect(bench.history.asked.facts).toEqual([
    {
      tasks: true,
      limit: 50,
      cluster: 'prod',
      vmid: 105,
      running: false,
      since: '2026-11-20T10:00:00.000Z',
      types: ['backup.failed', 'backup.unknown', 'backup.*.failed', 'backup.*.unknown'],
    },
  ]);
});

it('asks for the task types of Proxmox by their name, so that pages are full', async () => {
  expect(await bench.ask('tasks_query', { type: 'vzdump', state: 'error', limit: 2 })).toMatchObject({
    items: [{ upid: UPID, task_type: 'vzdump' }],
  });
  expect(bench.history.asked.facts).toEqual([
    { tasks: true, limit: 2, running: false, taskType: 'vzdump', types: ['*.failed', '*.unknown'] },
  ]);
});

it('shows one task with its log tail, marked as foreign', async () => {
  expect(await bench.ask('tasks_query', { upid: UPID, log_grep: 'error' })).toMatchObject({
    data: {
      task: { upid: UPID, state: 'failed', error: { untrusted: true, text: 'no space left on device' } },
      log: [
        { untrusted: true, text: 'ERROR: Backup of VM 105 failed - no space left on device' },
        { untrusted: true, text: 'TASK ERROR: job errors' },
      ],
    },
    degraded: [],
  });
});

it('shows the task without its log when the host refuses it', async () => {
  const other = 'UPID:pve1:00001234:00ABCDEF:65A1B2C3:qmstart:105:root@pam:';
  bench.history.facts.push(fact(other));
  expect(await bench.ask('tasks_query', { upid: other })).toMatchObject({
    data: { task: { upid: other } },
    degraded: [{ reason: 'privilege', detail: 'Sys.Audit on /nodes/pve1' }],
  });
});

it('says when there is no such task', async () => {
  expect(await bench.call('tasks_query', { upid: 'UPID:none' })).toMatchObject({
    structured: { code: 'not_found' },
  });
});
