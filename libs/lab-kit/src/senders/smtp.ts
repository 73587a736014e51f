import { createTransport } from 'nodemailer';
import { renderMail } from './mail-text.ts';
import { Queue } from './queue.ts';
import type { Sender } from './sender.ts';

/** Where mails go. */
export interface SmtpTarget {
  readonly host: string;
  readonly port: number;
  /** Default `ops@example.net`. */
  readonly to?: string;
  /** Configured address of an SMTP target; default `proxmox@example.net`. */
  readonly from?: string;
  /** Which of proxmox-notify's mail targets to write as; default `smtp`. */
  readonly style?: 'smtp' | 'sendmail';
  /** IANA zone of the nodes' clocks; default UTC. */
  readonly timeZone?: string;
  readonly user?: string;
  readonly password?: string;
}

const TIMEOUT_MS = 10_000;

/** Sends notifications by mail, one attempt each. TLS is used where the server offers it, without verification. */
export function createSmtpSender(target: SmtpTarget): Sender {
  const queue = new Queue('smtp');
  const to = target.to ?? 'ops@example.net';
  const from = target.from ?? 'proxmox@example.net';
  const style = target.style ?? 'smtp';
  const transport = createTransport({
    host: target.host,
    port: target.port,
    secure: false,
    tls: { rejectUnauthorized: false },
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    ...(target.user === undefined ? {} : { auth: { user: target.user, pass: target.password ?? '' } }),
  });
  return {
    onNotification(origin, notification) {
      const raw = renderMail(origin, notification, { to, from, style, timeZone: target.timeZone ?? 'UTC' });
      const sender = style === 'smtp' ? from : `root@${origin.fqdn}`;
      queue.add(async () => {
        // The whole message is ours: nodemailer would add a Message-ID, which the real SMTP target does not.
        await transport.sendMail({ envelope: { from: sender, to: [to] }, raw });
      });
    },
    settled: () => queue.settled(),
    failures: () => queue.failures,
    async stop() {
      await queue.settled();
      transport.close();
    },
  };
}
