import { busConformance } from '../testing/bus-conformance.ts';
import { findNatsServer, startNatsServer } from '../testing/index.ts';
import { createNatsBus } from './nats-bus.ts';

const found = await findNatsServer(process.env);

if ('path' in found) {
  busConformance(`the NATS driver with ${found.version}`, async () => {
    const server = await startNatsServer(found);
    return {
      driver: 'nats',
      where: server.url,
      exclusive: false,
      open: () => createNatsBus({ servers: server.url, name: 'conformance' }),
      stop: () => server.stop(),
    };
  });
} else {
  it.skip(`the NATS driver keeps the contract of the bus (not run: ${found.reason})`, () => {});
}
