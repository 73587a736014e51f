/** The server refuses us for good: too old, without JetStream, or not authorised. Trying again cannot help. */
export class NatsRefused extends Error {
  override readonly name = 'NatsRefused';
}
