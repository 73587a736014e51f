import { waitForTask } from './wait-for-task.ts';
import { jsonReply, textReply, type Reply, type SeenRequest } from './testing/fake-host.ts';
import { readRecording } from './testing/recording.ts';
import { rejection, useLab } from './testing/use-lab.ts';

const lab = useLab();
const UPID = 'UPID:pve2:00000B47:0003630E:6B02A4EC:vzdump:100:root@pam:';
const row = (status: object) => ({ data: { upid: UPID, user: 'root@pam', ...status } });
const running = (): Reply => jsonReply(row({ status: 'running' }));
const stopped = (exitstatus?: string): Reply => jsonReply(row({ status: 'stopped', exitstatus }));

/** A task that ends after so many looks, writing some lines per look. */
function taskWith({ looks, linesPerLook }: { looks: number; linesPerLook: number }) {
  let seen = 0;
  return ({ target }: SeenRequest): Reply => {
    const url = new URL(target, 'https://x');
    if (url.pathname.endsWith('/status')) {
      seen += 1;
      return seen < looks ? running() : stopped('OK');
    }
    const start = Number(url.searchParams.get('start'));
    const limit = Number(url.searchParams.get('limit'));
    const total = seen * linesPerLook;
    const lines = Array.from({ length: total }, (_, n) => ({ n: n + 1, t: `line ${n + 1}` }));
    if (total === 0) return jsonReply({ data: [{ n: 1, t: 'no content' }], total: 1 });
    return jsonReply({ data: lines.slice(start, start + limit), total });
  };
}

describe('waitForTask', () => {
  it('asks the node in the UPID, from every 250 ms to every 4 s, until the task has ended', async () => {
    const host = await lab.host();
    host.answer(taskWith({ looks: 8, linesPerLook: 0 }));
    const end = await waitForTask(await lab.pve(), { upid: UPID });
    expect(end).toMatchObject({
      outcome: 'succeeded',
      exitStatus: 'OK',
      task: { node: 'pve2', isRunning: false },
    });
    expect(lab.clock().sleeps).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000]);
    expect(host.requests[0]?.target).toBe(`/api2/json/nodes/pve2/tasks/${encodeURIComponent(UPID)}/status`);
    expect(host.requests.every(({ target }) => target.endsWith('/status'))).toBe(true);
  });

  it('passes every line of the log once and in order, over several pages', async () => {
    const host = await lab.host();
    host.answer(taskWith({ looks: 3, linesPerLook: 700 }));
    const lines: string[] = [];
    await waitForTask(await lab.pve(), { upid: UPID, onLog: (line) => lines.push(line.text) });
    expect(lines).toEqual(Array.from({ length: 2100 }, (_, n) => `line ${n + 1}`));
  });

  it('takes the made-up line of an empty log for nothing', async () => {
    const host = await lab.host();
    host.answer(taskWith({ looks: 2, linesPerLook: 0 }));
    const lines: string[] = [];
    await waitForTask(await lab.pve(), { upid: UPID, onLog: (line) => lines.push(line.text) });
    expect(lines).toEqual([]);
  });

  it.each([
    ['OK', 'succeeded'],
    ['WARNINGS: 2', 'warned'],
    ['job errors', 'failed'],
    ['unexpected status', 'unknown'],
    ['WARNINGS: none', 'failed'],
  ])('reads the exit status %p as %s', async (exitstatus, outcome) => {
    const host = await lab.host();
    host.answer(() => stopped(exitstatus));
    expect(await waitForTask(await lab.pve(), { upid: UPID })).toMatchObject({
      outcome,
      exitStatus: exitstatus,
    });
  });

  it('knows a worker that was killed, as recorded', async () => {
    const { wire, target } = readRecording('crash-002-status-after-kill9');
    const upid = decodeURIComponent(target.split('/')[6] ?? '');
    const host = await lab.host();
    host.answer(() => ({ send: wire, thenClose: true }));
    expect(await waitForTask(await lab.pve(), { upid })).toMatchObject({ outcome: 'unknown' });
  });

  it('waits out a node that cannot be reached for a while', async () => {
    const host = await lab.host();
    host.answer(() => (host.requests.length < 4 ? textReply('', '595 No route to host') : stopped('OK')));
    expect(await waitForTask(await lab.pve(), { upid: UPID })).toMatchObject({ outcome: 'succeeded' });
  });

  it('gives up after timeoutMs, naming the task; the task may be waited for again', async () => {
    const host = await lab.host();
    host.answer(running);
    expect(await rejection(waitForTask(await lab.pve(), { upid: UPID, timeoutMs: 3000 }))).toMatchObject({
      kind: 'task-running',
      retryable: true,
      message: expect.stringContaining(UPID),
    });
    expect(lab.clock().sleeps).toEqual([250, 500, 1000, 1250]);
  });

  it('ends at once for a task nobody knows, and for text that is no task', async () => {
    const host = await lab.host();
    const { wire } = readRecording('task-196-status-unknown-upid');
    host.answer(() => ({ send: wire, thenClose: true }));
    const client = await lab.pve();
    expect(await rejection(waitForTask(client, { upid: UPID }))).toMatchObject({ kind: 'no-such-task' });
    expect(await rejection(waitForTask(client, { upid: 'UPID:../../x' }))).toMatchObject({
      kind: 'invalid-argument',
    });
    expect(host.requests).toHaveLength(1);
  });

  it('ends when the caller aborts', async () => {
    const host = await lab.host();
    const control = new AbortController();
    host.answer(() => {
      control.abort();
      return running();
    });
    expect(
      await rejection(waitForTask(await lab.pve(), { upid: UPID, signal: control.signal })),
    ).toMatchObject({
      kind: 'aborted',
    });
  });

  it('asks a PBS about itself and counts its log lines from 1', async () => {
    const upid = 'UPID:pbs:000002A1:0000C5D7:00000012:6B02A4EC:verify:tank\\x2dmain:root@pam:';
    const host = await lab.host();
    host.answer(({ target }) =>
      target.includes('/status')
        ? jsonReply({ data: { upid, user: 'root@pam', status: 'stopped', exitstatus: 'WARNINGS: 1' } })
        : jsonReply({ data: [{ n: 1, t: 'a' }], total: 1 }),
    );
    const lines: string[] = [];
    const end = await waitForTask(await lab.pbs(), { upid, onLog: ({ text }) => lines.push(text) });
    expect(end).toMatchObject({
      outcome: 'warned',
      task: { node: 'pbs', type: 'verify', id: 'tank\\x2dmain' },
    });
    expect(lines).toEqual(['a']);
    expect(host.requests[1]?.target).toBe(
      `/api2/json/nodes/localhost/tasks/${encodeURIComponent(upid)}/log?start=1&limit=500`,
    );
  });
});
