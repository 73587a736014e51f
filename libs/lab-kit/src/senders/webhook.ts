import type { LabNotification, LabOrigin } from '../world/listener.ts';
import { postOnce } from './post-once.ts';
import { Queue } from './queue.ts';
import type { Sender } from './sender.ts';

/** A webhook target of proxmox-notify, with the template that the product recommends. */
export interface WebhookTarget {
  /** Where to post; a function where hosts have targets of their own. */
  readonly url: string | ((origin: LabOrigin) => string);
  /** Its secret `token`; a function as above. Without it no Authorization header is sent. */
  readonly token?: string | ((origin: LabOrigin) => string);
}

/** Posts notifications as a Proxmox host with that target does: once, waiting 10 s, never again. */
export function createWebhookSender(target: WebhookTarget): Sender {
  const queue = new Queue('webhook');
  const of = (value: string | ((origin: LabOrigin) => string), origin: LabOrigin) =>
    typeof value === 'string' ? value : value(origin);
  return {
    onNotification(origin, notification) {
      queue.add(() =>
        postOnce(of(target.url, origin), {
          headers: {
            'content-type': 'application/json',
            ...(target.token === undefined ? {} : { authorization: `Bearer ${of(target.token, origin)}` }),
          },
          body: renderWebhookBody(notification),
        }),
      );
    },
    settled: () => queue.settled(),
    failures: () => queue.failures,
    stop: () => queue.settled(),
  };
}

/**
 * The body of the recommended template: `{"v":1,"title":"{{escape title}}","message":"{{escape message}}",
 * "severity":"{{severity}}","timestamp":{{timestamp}},"fields":{{json fields}}}`. Fields come sorted, as from a BTreeMap.
 */
export function renderWebhookBody({ title, body, severity, timestamp, fields }: LabNotification): string {
  const sorted = Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ v: 1, title, message: body, severity, timestamp, fields: sorted });
}
