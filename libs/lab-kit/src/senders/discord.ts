import type { LabNotification } from '../world/listener.ts';
import { postOnce } from './post-once.ts';
import { Queue } from './queue.ts';
import type { Sender } from './sender.ts';

/** A webhook target of proxmox-notify that points at Discord, as the Proxmox documentation sets it up. */
export interface DiscordTarget {
  /** URL of the Discord webhook. */
  readonly url: string;
  /**
   * Characters at which a relay in between cuts the content. Without one, Discord refuses what is longer than 2,000, and the
   * notification is lost: every backup mail with its logs.
   */
  readonly cutAt?: number;
}

/** Posts notifications to a Discord webhook: once, and lost when refused. */
export function createDiscordSender({ url, cutAt }: DiscordTarget): Sender {
  const queue = new Queue('discord');
  return {
    onNotification(_origin, notification) {
      queue.add(() =>
        postOnce(url, {
          headers: { 'content-type': 'application/json' },
          body: renderDiscordBody(notification, cutAt),
        }),
      );
    },
    settled: () => queue.settled(),
    failures: () => queue.failures,
    stop: () => queue.settled(),
  };
}

/** The body of the documented template: the message in a code fence. Title, severity and fields are not in it. */
export function renderDiscordBody({ body }: LabNotification, cutAt = Number.POSITIVE_INFINITY): string {
  return JSON.stringify({ content: `\`\`\` ${body}\`\`\``.slice(0, cutAt) });
}
