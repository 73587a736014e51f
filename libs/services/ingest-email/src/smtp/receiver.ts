import { timingSafeEqual, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { BusUnavailable } from '@proxmox-mcp/bus';
import type { Logger } from '@proxmox-mcp/service-kit';
import type { SMTPServerDataStream, SMTPServerOptions, SMTPServerSession } from 'smtp-server';
import type { EmailConfig } from '../config.ts';
import type { MailIntake, TakenMail } from '../intake.ts';
import { MAX_MAIL_BYTES } from '../limits.ts';

/** Thirty nodes may all have something to say at four in the morning. */
const MAX_CLIENTS = 50;
const MAX_RECIPIENTS = 20;
/** Mails being received at one time may take so much memory together. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
const IDLE_MS = 30_000;
const CLOSE_MS = 2_000;

export interface SmtpReceiver {
  readonly port: number;
  close(): Promise<void>;
}

export interface SmtpReceiverOptions {
  readonly config: EmailConfig;
  /** Port to listen on; 0 takes a free one. */
  readonly port: number;
  readonly intake: MailIntake;
  readonly log: Logger;
  readonly onMail: (taken: TakenMail) => void;
  /** A mail that was answered with this code. */
  readonly onAnswer: (code: number) => void;
}

/**
 * Receives mail of the hosts' SMTP targets. 250 is answered when the events are stored; a bus that is away is 451, what is
 * refused is 550. Only what comes at once is taken: no relaying, nothing is queued.
 *
 * @throws the port is taken, or certificate and key cannot be read.
 */
export async function openSmtpReceiver(options: SmtpReceiverOptions): Promise<SmtpReceiver> {
  const { config, intake, log, onMail, onAnswer } = options;
  const { SMTPServer } = await import('smtp-server');
  const certificate = readCertificate(config);
  let heldBytes = 0;

  async function take(raw: Buffer, { remoteAddress: peer, remotePort }: SMTPServerSession): Promise<void> {
    const taken = await intake
      .take({ raw, origin: `smtp ${peer}:${remotePort}`, peer: peer.replace(/^::ffff:/, '') })
      .catch((err: unknown) => {
        if (!(err instanceof BusUnavailable)) throw err;
        log.warn({ err }, 'mail not stored, sender told to try again');
        throw new Refusal(451, '4.3.0 the event could not be stored, try again');
      });
    onMail(taken);
    if (taken.outcome !== 'rejected') return;
    const why = `${taken.reason ?? 'refused'}${taken.detail === undefined ? '' : `: ${taken.detail}`}`;
    throw new Refusal(550, `5.7.1 ${why.replace(/[^ -~]/g, '?').slice(0, 300)}`);
  }

  async function receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const chunks: Buffer[] = [];
    let size = 0;
    let isFull = false;
    try {
      // Read to its end in any case: the answer comes after the mail. A sender that hangs up ends it with an error.
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        isFull ||= heldBytes + chunk.length > MAX_HELD_BYTES;
        if (stream.sizeExceeded || isFull) continue;
        chunks.push(chunk);
        size += chunk.length;
        heldBytes += chunk.length;
      }
      if (stream.sizeExceeded) throw new Refusal(552, `5.3.4 larger than ${MAX_MAIL_BYTES} bytes`);
      if (isFull) throw new Refusal(452, '4.3.1 too much mail at once, try again');
      await take(Buffer.concat(chunks, size), session);
    } finally {
      heldBytes -= size;
    }
  }

  const server = new SMTPServer({
    ...limits,
    ...authentication(config, certificate !== undefined),
    ...(certificate ?? {}),
    disabledCommands: [
      ...(certificate === undefined ? ['STARTTLS'] : []),
      ...(config.EVENT_EMAIL_SMTP_USERNAME === undefined ? ['AUTH'] : []),
    ],
    onData(stream, session, callback) {
      receive(stream, session).then(
        () => {
          onAnswer(250);
          callback(null, 'stored');
        },
        (err: unknown) => {
          const refusal = err instanceof Refusal ? err : new Refusal(451, '4.3.0 not stored, try again');
          if (refusal !== err) log.warn({ err }, 'mail not taken: the sender hung up, or we failed');
          onAnswer(refusal.responseCode);
          callback(refusal);
        },
      );
    },
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen({ port: options.port, host: config.EVENT_EMAIL_SMTP_LISTEN_HOST }, () => {
    server.off('error', reject);
    // Connections fail for reasons of their own; the listener goes on.
    server.on('error', (err) => log.debug({ err }, 'smtp connection failed'));
    // Listening on a port, not on a path.
    resolve((server.server.address() as AddressInfo).port);
  });
  return {
    port: await promise,
    close: () => new Promise((done) => server.close(() => done())),
  };
}

const limits: SMTPServerOptions = {
  name: 'proxmox-mcp',
  banner: 'proxmox-mcp',
  logger: false,
  size: MAX_MAIL_BYTES,
  maxClients: MAX_CLIENTS,
  maxRecipients: MAX_RECIPIENTS,
  socketTimeout: IDLE_MS,
  closeTimeout: CLOSE_MS,
  // A resolver that is away must not delay a notification past the five seconds that PVE waits.
  disableReverseLookup: true,
  hideENHANCEDSTATUSCODES: true,
};

function authentication(config: EmailConfig, hasTls: boolean): SMTPServerOptions {
  const { EVENT_EMAIL_SMTP_USERNAME: user, EVENT_EMAIL_SMTP_PASSWORD: password } = config;
  if (user === undefined || password === undefined) return { authOptional: true };
  return {
    authOptional: false,
    authMethods: ['PLAIN', 'LOGIN'],
    // Without a certificate the settings allow a login on loopback only.
    allowInsecureAuth: !hasTls,
    onAuth(auth, _session, callback) {
      const isRight = same(auth.username ?? '', user) && same(auth.password ?? '', password);
      callback(null, isRight ? { user } : { message: 'wrong login', responseCode: 535 });
    },
  };
}

/** Takes as long whatever was guessed. */
function same(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function readCertificate(config: EmailConfig): { cert: Buffer; key: Buffer } | undefined {
  const { EVENT_EMAIL_SMTP_CERT_FILE: cert, EVENT_EMAIL_SMTP_KEY_FILE: key } = config;
  return cert === undefined || key === undefined
    ? undefined
    : { cert: readFileSync(cert), key: readFileSync(key) };
}

class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly responseCode: number;
  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}
