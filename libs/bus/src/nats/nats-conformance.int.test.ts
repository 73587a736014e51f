import { busConformance, describeWithNats, startNatsServer } from '../testing/index.ts';
import { createNatsBus } from './nats-bus.ts';

await describeWithNats('conformance', (program) => {
  busConformance('the NATS driver', async () => {
    const server = await startNatsServer(program);
    return {
      driver: 'nats',
      where: server.url,
      exclusive: false,
      open: () => createNatsBus({ servers: server.url, name: 'conformance' }),
      stop: () => server.stop(),
    };
  });
});
