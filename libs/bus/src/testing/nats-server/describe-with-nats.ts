import { findNatsServer, type NatsServerProgram } from './find-nats-server.ts';

/**
 * Declares tests that need a real `nats-server`. Await it at the top of a test file. Where none can be had they count as skipped and
 * their name says why; they never count as passed.
 */
export async function describeWithNats(
  what: string,
  tests: (program: NatsServerProgram) => void,
): Promise<void> {
  const found = await findNatsServer(process.env);
  if ('path' in found) {
    describe(`${what} (nats-server ${found.version})`, () => tests(found));
  } else {
    describe.skip(`${what} (${found.reason})`, () => {
      it('needs a nats-server', () => {});
    });
  }
}
