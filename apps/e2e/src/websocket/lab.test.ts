import { watchLab, type WatchedLab } from './watch-lab.ts';

let w: WatchedLab;
afterEach(() => w.close());
const typesOf = () => w.events.map((event) => event.type);

it('sees every host of the lab, and makes no event of what is', async () => {
  w = await watchLab();
  await w.startService();
  await w.until(() => new Set(w.observations.map((o) => o.source)).size === 3, 30);
  await w.until(() => w.observations.some((o) => o.covers.includes('job')), 30);
  expect(typesOf()).toEqual([]);
  expect(w.deadLetters).toEqual([]);
  const clusters = new Set(w.observations.map((o) => `${o.product} ${o.cluster}`));
  expect([...clusters].sort()).toHaveLength(3);
  for (const { source } of w.observations)
    expect(await w.sourceState(source)).toMatchObject({ status: 'ok', degraded: [] });
});

it('tells of the nightly backup, of the guest that failed and why', async () => {
  w = await watchLab();
  await w.startService();
  await w.until(() => w.observations.length >= 3, 30);
  const playing = w.lab.play('nightly-backup-failure');
  await playing.done;
  await w.until(
    () => w.events.some((e) => e.type === 'backup.job.failed' && Array.isArray(e.facts['guests'])),
    30,
  );
  const told = w.events.find((e) => e.type === 'backup.job.failed' && Array.isArray(e.facts['guests']));
  expect(told).toMatchObject({
    channel: 'api',
    node: 'pve1',
    storage: 'nas-backup',
    status: 'job errors',
    facts: {
      guests: expect.arrayContaining([
        expect.objectContaining({
          vmid: 104,
          status: 'err',
          error: expect.stringContaining('Input/output error'),
        }),
      ]),
    },
  });
  expect(typesOf()).toContain('backup.guest.progress');
  expect(typesOf().filter((type) => type === 'backup.job.started')).toHaveLength(3);
  expect(w.deadLetters).toEqual([]);
});

it('tells of a node that dies while the others go on, and claims nothing of the guests on it before their state is unknown', async () => {
  w = await watchLab();
  await w.startService();
  await w.until(() => w.observations.length >= 3, 30);
  const playing = w.lab.play('node-fenced');
  await w.until(() => typesOf().includes('node.state.offline'), 120);
  await playing.done;
  await w.until(() => typesOf().includes('guest.state.unknown'), 60);
  const types = typesOf();
  expect(types.indexOf('node.state.offline')).toBeLessThan(types.indexOf('guest.state.unknown'));
  expect(types).toContain('guest.start.succeeded');
  expect(types).not.toContain('guest.disappeared');
  expect(w.deadLetters).toEqual([]);
});

it('is stopped and started again: nothing that happened meanwhile is lost or told twice', async () => {
  w = await watchLab();
  const first = await w.startService('one');
  await w.until(() => w.observations.length >= 3, 30);
  const playing = w.lab.play('nightly-backup-failure');
  await w.until(() => typesOf().includes('backup.job.started'), 30);
  await first.stop();
  const atStop = w.events.length;
  await playing.done;
  await w.startService('two');
  await w.until(
    () => w.events.some((e) => e.type === 'backup.job.failed' && Array.isArray(e.facts['guests'])),
    60,
  );
  await w.until(() => typesOf().filter((type) => type === 'backup.job.succeeded').length >= 4, 60);
  expect(w.events.length).toBeGreaterThan(atStop);
  expect(new Set(w.events.map((event) => event.id)).size).toBe(w.events.length);
  // Three jobs: each started once, each ended once by list or status, and once more by its log.
  expect(typesOf().filter((type) => type === 'backup.job.started')).toHaveLength(3);
});

it('divides the hosts among replicas, and the one left takes over', async () => {
  w = await watchLab();
  const first = await w.startService('one');
  await w.until(() => w.observations.length >= 3, 30);
  const sources = (service: { details?(): Record<string, unknown> }) =>
    Object.keys(service.details?.()['sources'] ?? {});
  expect(sources(first)).toHaveLength(3);
  const second = await w.startService('two');
  await w.until(() => sources(first).length === 2 && sources(second).length === 1, 600);
  expect(new Set([...sources(first), ...sources(second)]).size).toBe(3);
  await first.stop();
  await w.until(() => sources(second).length === 3, 600);
});
