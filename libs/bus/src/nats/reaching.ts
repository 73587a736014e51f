import { errors } from '@nats-io/transport-node';
import { BusUnavailable } from '../bus.ts';
import { messageOf } from '../shared/message-of.ts';

/**
 * Runs a call to the server.
 *
 * @throws {BusUnavailable} the server could not be reached. Every other error passes as it is.
 */
export async function reaching<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (isUnreachable(cause)) throw new BusUnavailable(`${doing}: ${messageOf(cause)}`, { cause });
    throw cause;
  }
}

function isUnreachable(error: unknown): boolean {
  return (
    error instanceof errors.TimeoutError ||
    error instanceof errors.NoRespondersError ||
    error instanceof errors.RequestError ||
    error instanceof errors.ConnectionError ||
    error instanceof errors.ClosedConnectionError ||
    error instanceof errors.DrainingConnectionError ||
    // A request nobody answered, also while JetStream is still starting.
    (error instanceof Error && error.name === 'JetStreamNotEnabled')
  );
}
