import type { LabListener, LabNotification, LabOrigin } from '../world/listener.ts';
import { createDiscordSender, type DiscordTarget } from './discord.ts';
import { createGotifySender, type GotifyTarget } from './gotify.ts';
import type { Sender } from './sender.ts';
import { createSmtpSender, type SmtpTarget } from './smtp.ts';
import { createSyslogSender, type SyslogTarget } from './syslog.ts';
import { createWebhookSender, type WebhookTarget } from './webhook.ts';

export type { DiscordTarget } from './discord.ts';
export type { GotifyTarget } from './gotify.ts';
export type { SmtpTarget } from './smtp.ts';
export type { SyslogTemplate } from './syslog-line.ts';
export type { SyslogTarget } from './syslog.ts';
export type { WebhookTarget } from './webhook.ts';

/** Where the lab delivers what it says; channels that are not named stay silent. */
export interface SenderTargets {
  readonly syslog?: SyslogTarget | readonly SyslogTarget[];
  readonly webhook?: WebhookTarget;
  readonly gotify?: GotifyTarget;
  readonly smtp?: SmtpTarget;
  readonly discord?: DiscordTarget;
}

/** Running senders. */
export interface Senders {
  /** Resolves when everything the lab has said so far was delivered or has failed. */
  settled(): Promise<void>;
  /** What did not arrive, as `channel: reason`. */
  failures(): readonly string[];
  /** Stops listening, delivers what is held, releases sockets. Safe twice. */
  stop(): Promise<void>;
}

/** What senders need of a lab. */
export interface Audible {
  /** @returns what ends listening. */
  listen(listener: LabListener): () => void;
}

/** Delivers what the lab says to the outside by the channels named, as real hosts do: once, and lost when it fails. */
export function startSenders(lab: Audible, targets: SenderTargets): Senders {
  const senders: Sender[] = [
    ...[targets.syslog ?? []].flat().map(createSyslogSender),
    ...(targets.webhook === undefined ? [] : [createWebhookSender(targets.webhook)]),
    ...(targets.gotify === undefined ? [] : [createGotifySender(targets.gotify)]),
    ...(targets.smtp === undefined ? [] : [createSmtpSender(targets.smtp)]),
    ...(targets.discord === undefined ? [] : [createDiscordSender(targets.discord)]),
  ];
  const silence = lab.listen({
    onSyslog: (line) => senders.forEach((sender) => sender.onSyslog?.(line)),
    onNotification(origin, notification) {
      if (!matches(origin, notification)) return;
      for (const sender of senders) sender.onNotification?.(origin, notification);
    },
  });
  return {
    async settled() {
      await Promise.all(senders.map((sender) => sender.settled()));
    },
    failures: () => senders.flatMap((sender) => sender.failures()),
    async stop() {
      silence();
      await Promise.all(senders.map((sender) => sender.stop()));
    },
  };
}

/** The built-in `default-matcher`: PVE sends everything, PBS everything but successful prunes. */
function matches(origin: LabOrigin, notification: LabNotification): boolean {
  return !(origin.product === 'pbs' && notification.type === 'prune' && notification.severity === 'info');
}
