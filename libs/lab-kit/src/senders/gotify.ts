import type { LabNotification, LabNotificationSeverity } from '../world/listener.ts';
import { postOnce } from './post-once.ts';
import { Queue } from './queue.ts';
import type { Sender } from './sender.ts';

/** A Gotify target of proxmox-notify. */
export interface GotifyTarget {
  /** Address of the server. */
  readonly url: string;
  /** Token of the application. */
  readonly token: string;
}

/** `unknown` has the priority of `notice`: a reader cannot tell them apart. */
const PRIORITY: Readonly<Record<LabNotificationSeverity, number>> = {
  info: 1,
  notice: 3,
  warning: 5,
  error: 9,
  unknown: 3,
};

/** Posts notifications as a Proxmox host with a Gotify target does. */
export function createGotifySender(target: GotifyTarget): Sender {
  const queue = new Queue('gotify');
  return {
    onNotification(_origin, notification) {
      queue.add(() =>
        postOnce(`${target.url.replace(/\/$/, '')}/message`, {
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${target.token}`,
            'x-gotify-key': target.token,
          },
          body: renderGotifyBody(notification),
        }),
      );
    },
    settled: () => queue.settled(),
    failures: () => queue.failures,
    stop: () => queue.settled(),
  };
}

/** The body that is posted: the text in a fence, because the display type is Markdown. */
export function renderGotifyBody({ title, body, severity }: LabNotification): string {
  return JSON.stringify({
    title,
    message: `\`\`\`\n${body}\n\`\`\``,
    priority: PRIORITY[severity],
    extras: { 'client::display': { contentType: 'text/markdown' } },
  });
}
