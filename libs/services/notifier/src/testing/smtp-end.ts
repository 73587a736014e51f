import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail the server took, as it came over the wire. */
export interface TakenMail {
  readonly to: readonly string[];
  readonly raw: string;
}

/** A real SMTP server on a free port. */
export interface SmtpEnd {
  readonly port: number;
  /** Oldest first. */
  readonly mails: TakenMail[];
  close(): Promise<void>;
}

/** Starts an SMTP server that takes every mail, without login, unless the options say otherwise. */
export async function openSmtpEnd(options: SMTPServerOptions = {}): Promise<SmtpEnd> {
  const mails: TakenMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 1,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, raw: Buffer.concat(chunks).toString('utf8') });
        done();
      });
    },
    ...options,
  });
  // A client that breaks off is what some tests are about.
  server.on('error', () => undefined);
  const listener = server.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  // A TCP server's address is never a pipe name.
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
