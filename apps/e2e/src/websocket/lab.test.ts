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
  // Rows of a dead node expire after five minutes.
  w = await watchLab({}, 60);
  await w.startService();
  await w.until(() => w.observations.length >= 3, 60);
  const playing = w.lab.play('node-fenced');
  await w.until(() => typesOf().includes('node.state.offline'), 120);
  await w.until(() => typesOf().includes('guest.state.unknown'), 600);
  playing.stop();
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
  const endedJobs = () =>
    new Set(w.events.filter((e) => /^backup[.]job[.](succeeded|failed)$/.test(e.type)).map((e) => e.upid));
  await w.until(() => endedJobs().size === 3, 60);
  expect(w.events.length).toBeGreaterThan(atStop);
  expect(new Set(w.events.map((event) => event.id)).size).toBe(w.events.length);
  // One that began and ended meanwhile is told by its end alone.
  const started = w.events.filter((event) => event.type === 'backup.job.started').map((event) => event.upid);
  expect(new Set(started).size).toBe(started.length);
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

it('tells of a backup server: a verification that finds damage, with what its log lists', async () => {
  w = await watchLab({}, 60);
  await w.startService();
  await w.until(() => w.observations.some((o) => o.covers.includes('datastore')), 60);
  const playing = w.lab.play('verify-finds-damage');
  const failed = () => w.events.filter((event) => event.type === 'backup.verify.failed');
  await w.until(() => failed().some((event) => Array.isArray(event.facts['failed'])), 1_200);
  playing.stop();
  const [first] = failed();
  expect(first).toMatchObject({ product: 'pbs', node: w.lab.pbs.name, cluster: w.lab.pbs.name });
  expect(w.deadLetters).toEqual([]);
});

it('names the last task of a job soon after its end, without waiting for the next look at the jobs', async () => {
  w = await watchLab({}, 60);
  await w.startService('one', { WEBSOCKET_JOBS_SECONDS: '7200' });
  const rowsOfJobs = () =>
    w.observations
      .filter((o) => o.product === 'pbs')
      .flatMap(({ rows }) => rows.filter((r) => r.kind === 'job'));
  await w.until(() => rowsOfJobs().length > 0, 120);
  const [job] = rowsOfJobs().filter(({ jobType }) => jobType === 'prune');
  const playing = w.lab.play(`name: x\nsteps:\n  - { do: prune, job: ${job?.jobId} }\n`);
  await playing.done;
  const ended = () => w.events.find((event) => event.type === 'backup.prune.succeeded');
  await w.until(() => ended() !== undefined, 120);
  await w.until(() => rowsOfJobs().some(({ lastRunUpid }) => lastRunUpid === ended()?.upid), 120);
});

it('tells of a storage that goes away and of the backups that fail for it', async () => {
  w = await watchLab({}, 60);
  await w.startService();
  await w.until(() => w.observations.length >= 3, 60);
  const playing = w.lab.play('storage-offline');
  await w.until(() => typesOf().includes('storage.state.unknown'), 900);
  await w.until(() => typesOf().includes('backup.job.failed'), 900);
  playing.stop();
  expect(w.deadLetters).toEqual([]);
});
