import { renderTemplate } from '../render/template.ts';
import type { LabNotification } from '../world/listener.ts';
import type { LabTarget } from '../world/notification-targets.ts';
import { renderGotifyBody } from './gotify.ts';
import { postOnce } from './post-once.ts';

/**
 * Sends a notification to a target of the API as proxmox-notify does: one attempt. Mail targets deliver by the lab's own
 * settings, not by theirs.
 *
 * @throws what went wrong, without the target's secrets.
 */
export async function deliverTo(target: LabTarget, notification: LabNotification): Promise<void> {
  try {
    if (target.type === 'webhook') await postWebhook(target, notification);
    if (target.type === 'gotify') await postGotify(target, notification);
  } catch (error) {
    throw new Error(masked(reasonOf(error), target), { cause: error });
  }
}

async function postWebhook({ config, secrets }: LabTarget, notification: LabNotification): Promise<void> {
  const { title, body: message, severity, timestamp, fields } = notification;
  const values = {
    title,
    message,
    severity,
    timestamp,
    fields: Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))),
    secrets: Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, decode(value)])),
  };
  const headers = [config['header'] ?? []].flat().map((text): [string, string] => {
    const [, name = '', value = ''] = /^name=([^,]+),value=(.*)$/.exec(text) ?? [];
    return [name, renderTemplate(decode(value), values)];
  });
  await postOnce(renderTemplate(String(config['url']), values), {
    method: String(config['method'] ?? 'post').toUpperCase(),
    headers: Object.fromEntries(headers),
    body: renderTemplate(decode(String(config['body'] ?? '')), values),
  });
}

async function postGotify({ config, secrets }: LabTarget, notification: LabNotification): Promise<void> {
  const token = secrets['token'] ?? '';
  await postOnce(`${String(config['server']).replace(/\/$/, '')}/message`, {
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'x-gotify-key': token,
    },
    body: renderGotifyBody(notification),
  });
}

const decode = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');

/** As the HTTP client of proxmox-notify words it. */
function reasonOf(error: unknown): string {
  const { message, cause } = partsOf(error);
  const { code, message: why } = partsOf(cause);
  // `fetch` itself keeps away from a few ports that nothing of ours listens on; the real client would find them closed.
  if (code === 'ECONNREFUSED' || why === 'bad port') return 'io: Connection refused';
  return message ?? String(error);
}

/** What an error tells, also one that `fetch` has made in another realm. */
function partsOf(error: unknown): { message?: string; code?: string; cause?: unknown } {
  return typeof error === 'object' && error !== null ? error : {};
}

function masked(reason: string, { secrets }: LabTarget): string {
  const values = Object.values(secrets).flatMap((value) => [value, decode(value)]);
  return values
    .filter((value) => value !== '')
    .reduce((left, value) => left.replaceAll(value, '<masked>'), reason);
}
