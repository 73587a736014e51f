import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { busConformance } from '../testing/index.ts';
import { createNatsBus } from './nats-bus.ts';

/** The server of the Compose file, newer than the one the other tests start from a package. */
const IMAGE = 'nats:2.15';

// The cleaner that testcontainers starts beside its containers would be pulled from a registry; we stop ours ourselves.
process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';

async function engineAnswers(): Promise<boolean> {
  try {
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}

if (await engineAnswers()) {
  busConformance(`the NATS driver with ${IMAGE} in a container`, async () => {
    const container = await new GenericContainer(IMAGE)
      .withCommand(['--jetstream', '--store_dir=/tmp/jetstream'])
      .withExposedPorts(4222)
      .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
      .start();
    const url = `nats://${container.getHost()}:${container.getMappedPort(4222)}`;
    return {
      driver: 'nats',
      where: url,
      exclusive: false,
      open: () => createNatsBus({ servers: url, name: 'conformance' }),
      stop: async () => void (await container.stop()),
    };
  });
} else {
  // Counted as skipped, never as passed.
  describe.skip(`the NATS driver with ${IMAGE} in a container (no Docker engine answers)`, () => {
    it('needs a Docker engine', () => {});
  });
}
