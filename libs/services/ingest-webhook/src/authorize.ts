import { createHash, timingSafeEqual } from 'node:crypto';
import { headerOf, type Delivery, type Refused } from './delivery.ts';

const METHODS: ReadonlySet<string> = new Set(['POST', 'PUT']);
/** Headers besides `Authorization` that may carry the token, for targets whose proxy uses that one itself. */
const TOKEN_HEADERS = ['x-proxmox-token', 'x-webhook-token'];

/** Notifications are posted or put. */
export function checkMethod({ method }: Pick<Delivery, 'method'>): Refused | undefined {
  if (METHODS.has(method.toUpperCase())) return undefined;
  return { reject: true, reason: 'method', detail: 'use POST or PUT', http_status: 405 };
}

/** Whether the token is right; looked at before a byte of the body is read. A token in the query is no token. */
export function checkToken(delivery: Pick<Delivery, 'headers'>, token: string): Refused | undefined {
  const shown = shownToken(delivery);
  if (shown !== undefined && isSame(shown, token)) return undefined;
  const detail = 'send the header Authorization: Bearer <WEBHOOK_IN_TOKEN>';
  return { reject: true, reason: 'unauthorized', detail, http_status: 401 };
}

function shownToken(delivery: Pick<Delivery, 'headers'>): string | undefined {
  const bearer = /^Bearer {1,8}(\S{1,1024})$/i.exec((headerOf(delivery, 'authorization') ?? '').trim())?.[1];
  if (bearer !== undefined) return bearer;
  return TOKEN_HEADERS.map((name) => headerOf(delivery, name)?.trim()).find((value) => value !== undefined);
}

/** Digests have one length, so neither content nor length of the token shows in the time this takes. */
function isSame(shown: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}
