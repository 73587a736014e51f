import { isInitializeRequest } from '@modelcontextprotocol/server';
import { MAX_SUBSCRIPTIONS, MAX_URI } from './server-factory.ts';

/** Messages of one batch: the rate limit counts requests, so a batch must not be a way around it. */
const MAX_BATCH = 20;
/** A session keeps what its client said of itself. */
const MAX_INITIALIZE = 32_000;

/** What is too much in a body that would be kept or multiplied; `undefined` when nothing is. */
export function checkBounds(body: unknown): string | undefined {
  if (Array.isArray(body))
    return body.length > MAX_BATCH ? `a batch has at most ${MAX_BATCH} messages` : undefined;
  if (isInitializeRequest(body) && JSON.stringify(body).length > MAX_INITIALIZE)
    return `initialize has at most ${MAX_INITIALIZE} characters`;
  const uris = subscribed(body);
  if (uris.length > MAX_SUBSCRIPTIONS || uris.some((uri) => String(uri).length > MAX_URI))
    return `a stream has at most ${MAX_SUBSCRIPTIONS} subscriptions`;
  return undefined;
}

/** `params.notifications.resourceSubscriptions` of `subscriptions/listen`, whatever it is. */
function subscribed(body: unknown): unknown[] {
  const at = (value: unknown, key: string): unknown =>
    // Only read: whatever the key holds is unknown.
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  const uris = at(at(at(body, 'params'), 'notifications'), 'resourceSubscriptions');
  return Array.isArray(uris) ? uris : [];
}
