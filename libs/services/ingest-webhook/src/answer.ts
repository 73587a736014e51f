import { hash } from 'node:crypto';
import type { Ingested } from '@proxmox-mcp/ingest-kit';
import { isGotifyPath } from './routes.ts';
import type { DeliveryHead, Refused } from './delivery.ts';

/** What is answered to a sender. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Clients ask for it to see that they talk to a Gotify server that knows what they want. */
export const GOTIFY_VERSION: Answer = {
  status: 200,
  body: { version: '2.6.0', commit: 'proxmox-mcp', buildDate: 'unknown' },
};

const GOTIFY_ERRORS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  503: 'Service Unavailable',
};
/** Largest id that every client can hold: a double has 53 bits. */
const ID_HEX_DIGITS = 12;

/** The answer to a delivery that is not taken: says what to change, repeats nothing. In the shape of a Gotify server on its paths. */
export function refusal(refused: Refused, head: Pick<DeliveryHead, 'url'>): Answer {
  const { http_status: status, reason, detail } = refused;
  const gotify = isGotifyPath(head);
  return {
    status,
    body: gotify
      ? { error: GOTIFY_ERRORS[status] ?? reason, errorCode: status, errorDescription: detail }
      : { error: reason, message: detail },
    headers: {
      ...(status === 405 ? { allow: gotify ? 'POST' : 'POST, PUT' } : {}),
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(status === 503 ? { 'retry-after': '5' } : {}),
    },
  };
}

/** 202 with what became of it. What was stored before is a success too: a proxy that sends again has done no wrong. */
export function acceptance({ events, stored, outcome, reason }: Ingested): Answer {
  return {
    status: 202,
    body: {
      accepted: true,
      ids: events.map(({ id }) => id),
      stored,
      ...(events.length > 0 && stored === 0 ? { duplicate: true } : {}),
      ...(outcome === 'ignored' ? { ignored: reason } : {}),
    },
  };
}

/** 200 with the message as a Gotify server shows it. */
export function gotifyMessage({ events }: Ingested, receivedAt: number): Answer {
  const [event] = events;
  return {
    status: 200,
    body: {
      id: Number.parseInt(hash('sha256', event?.id ?? '').slice(0, ID_HEX_DIGITS), 16),
      appid: 1,
      title: event?.text?.title ?? '',
      message: event?.text?.body ?? '',
      priority: event?.facts['gotify_priority'] ?? 0,
      date: new Date(receivedAt).toISOString(),
    },
  };
}
