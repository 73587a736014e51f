import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBus } from './open-bus.ts';
import { subjectOf } from './testing/conformance/context.ts';

describe('openBus', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'proxmox-mcp-open-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('opens the embedded bus when no server is named, for one process', async () => {
    const bus = await openBus({ dataDir, natsUrl: [] }, { name: 'all-in-one' });
    expect(bus.health().description).toBe('embedded');
    expect(await readdir(dataDir)).toContain('bus.sqlite');
    await expect(openBus({ dataDir }, { name: 'second' })).rejects.toMatchObject({ name: 'BusUnavailable' });
    await bus.close();
  });

  it('opens NATS when servers are named; with an outbox it takes messages before they are reached', async () => {
    const settings = { dataDir, natsUrl: ['nats://127.0.0.1:1', 'nats://127.0.0.1:2'] };
    const bus = await openBus(settings, { name: 'ingest-syslog', outbox: true });
    await bus.publish(subjectOf('events.syslog.x'), {});
    expect(bus.health()).toEqual({ connected: false, description: 'nats', outbox: 1 });
    expect(await readdir(dataDir)).toContain('outbox-ingest-syslog.sqlite');
    await bus.close();
  });
});
