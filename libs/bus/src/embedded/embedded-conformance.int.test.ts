import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busConformance } from '../testing/bus-conformance.ts';
import { createEmbeddedBus } from './embedded-bus.ts';

busConformance('the embedded driver', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-bus-'));
  const where = join(folder, 'bus.sqlite');
  return {
    driver: 'embedded',
    where,
    exclusive: true,
    open: () => createEmbeddedBus({ file: where }),
    stop: () => rm(folder, { recursive: true, force: true }),
  };
});
