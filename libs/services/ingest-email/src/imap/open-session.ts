import { readFile } from 'node:fs/promises';
import type { ImapFlow } from 'imapflow';
import { MAX_MAIL_BYTES } from '../limits.ts';
import type { Account } from './account.ts';
import { createTransport } from './transport.ts';

const CONNECT_MS = 10_000;
/** Longest answer to one command, a mail on a slow line included. */
const COMMAND_MS = 60_000;
/** A search of a million mails answers with eight megabytes of numbers. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** The secret of an account cannot be read from its file. */
export class SecretUnreadable extends Error {
  override readonly name = 'SecretUnreadable';
}

/** A logged-in connection. */
export interface Session {
  readonly client: ImapFlow;
  /** Runs one command; a server that stays silent loses the connection. */
  command<T>(work: Promise<T>): Promise<T>;
  /** Rejects when the connection ends, for whichever reason. */
  readonly ended: Promise<never>;
  close(): Promise<void>;
}

/**
 * Connects, judges the certificate, logs in.
 *
 * @throws {CertificateRefused} nothing was sent. @throws {SecretUnreadable} @throws imapflow's errors for everything else.
 */
export async function openSession(account: Account, signal: AbortSignal): Promise<Session> {
  // Imported here, so that a process without a mailbox starts without the library.
  const { ImapFlow } = await import('imapflow');
  const auth = { user: account.username, ...(await secretOf(account)) };
  const client = new ImapFlow({
    host: account.host,
    port: account.port,
    secure: account.security === 'tls',
    // Required, not offered: an attacker on the way can take an offer out of the capabilities.
    ...(account.security === 'tls' ? {} : { doSTARTTLS: account.security === 'starttls' }),
    transport: createTransport(account.tls),
    auth,
    logger: false,
    clientInfo: { name: 'proxmox-mcp' },
    disableAutoIdle: true,
    // A few bytes of a compressed stream may stand for gigabytes.
    disableCompression: true,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    // Between two checks the line may be silent; a check that gets no answer ends it by `command`.
    socketTimeout: account.pollMs + COMMAND_MS,
    maxLiteralSize: MAX_MAIL_BYTES + 1_024,
    maxLineLength: MAX_LINE_BYTES,
    maxResponseSize: MAX_MAIL_BYTES + MAX_LINE_BYTES,
  });
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined);
  let failure: unknown;
  client.on('error', (err) => (failure = err));
  client.on('close', () => lost.reject(failure ?? new Error('connection lost')));
  const abort = () => client.close();
  signal.addEventListener('abort', abort, { once: true });
  const close = async () => {
    signal.removeEventListener('abort', abort);
    client.close();
  };
  try {
    signal.throwIfAborted();
    await client.connect();
  } catch (err) {
    await close();
    throw err;
  }
  return {
    client,
    ended: lost.promise,
    close,
    async command(work) {
      const timer = setTimeout(() => client.close(), COMMAND_MS);
      try {
        return await work;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function secretOf({ secret }: Account): Promise<{ pass: string } | { accessToken: string }> {
  if (secret.kind === 'password') return { pass: secret.value };
  let content: string;
  try {
    content = (await readFile(secret.file, 'utf8')).trim();
  } catch (err) {
    const code = (err as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new SecretUnreadable(`${secret.file} cannot be read (${code})`);
  }
  if (content === '') throw new SecretUnreadable(`${secret.file} is empty`);
  return secret.kind === 'token-file' ? { accessToken: content } : { pass: content };
}
