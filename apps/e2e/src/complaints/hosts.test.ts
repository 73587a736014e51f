import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemoLab } from '@proxmox-mcp/lab-kit';
import { SourceState, stateKeys } from '@proxmox-mcp/schemas';
import { openWeek } from '../testing/open-week.ts';
import { runProgram } from '../trouble/run-cli.ts';
import { guestIs, MINUTE, NODES, SLOWER, titles } from './lab.ts';

// Rows of USER_ASKS.md, the first complaints of users elsewhere: each has a test of its name.

it('7 · setup and permissions: a token without rights does not "connect fine"', async () => {
  const demo = await startDemoLab();
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-complaints-'));
  try {
    const test = () =>
      runProgram('apps/cli/src/main.ts', ['test-connection'], {
        cwd: folder,
        env: { ...demo.env, DATA_DIR: folder, WEBHOOK_PORT: '0', EVENT_SYSLOG_LISTEN_PORT: '0' },
      });
    demo.lab.pve('edge').access.acl = [];
    const { code, stdout } = await test();
    const bad = stdout.split('\n').filter((line) => line.includes('edge') && !line.startsWith('✅'));
    // What it lacks, and the line that grants it.
    expect(bad.join('\n')).toMatch(/❌.*Sys\.Audit/s);
    expect(bad.join('\n')).toMatch(/pveum acl modify \/ .*--(tokens|users) /);
    expect(stdout).not.toContain('🎉');
    expect(code).toBe(1);
  } finally {
    await demo.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

it('8 · a down node breaks everything', async () => {
  const week = await openWeek(NODES, SLOWER);
  try {
    const { pve } = week;
    for (const [index, node] of NODES.entries()) pve.guest(101 + index, node, { name: `app${index}` });
    const source = async () => {
      const entry = await (await week.bus.kv('STATE')).get(stateKeys.source('atlas'));
      return SourceState.parse(JSON.parse(entry?.value ?? '{}'));
    };
    await week.pass(5 * MINUTE);
    // What the first node is asked of the dead one is refused with 595.
    pve.nodes.set('pve3', 'offline');
    guestIs(week, 103, 'unknown');
    await week.pass(10 * MINUTE);
    expect(titles(week, 'opened')).toEqual([expect.stringContaining('pve3')]);
    const degraded = await source();
    expect(degraded.status).not.toBe('down');
    expect(degraded.degraded.map(({ reason }) => reason)).not.toContain('auth');

    // The others are watched as before, tasks and states.
    guestIs(week, 102, 'stopped');
    pve.end(pve.begin('qmmigrate', '101', 'pve1'), 'migration aborted');
    await week.pass(3 * MINUTE);
    expect(titles(week, 'opened').slice(1).toSorted()).toEqual([
      expect.stringMatching(/101/),
      expect.stringMatching(/app1/),
    ]);

    // It is found again, and what is of it is told again.
    pve.nodes.set('pve3', 'online');
    guestIs(week, 103, 'running');
    await week.pass(10 * MINUTE);
    expect(titles(week, 'resolved')).toEqual([expect.stringContaining('pve3')]);
    pve.end(pve.begin('vzdump', '103', 'pve3'), 'job errors');
    await week.pass(3 * MINUTE);
    expect(titles(week, 'opened').at(-1)).toMatch(/103|pve3/);
    expect(titles(week, 'opened')).toHaveLength(4);
    expect(await source()).toMatchObject({ status: 'ok' });
  } finally {
    await week.close();
  }
}, 120_000);
