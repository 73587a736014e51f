import type { Channel, Event } from '@proxmox-mcp/schemas';
import { identityOf } from './identity.ts';

/** How much a channel can know: the API has the record itself, a notification copies some of it, a log line a little. */
const CHANNEL_WEIGHT: Readonly<Record<Channel, number>> = {
  api: 60,
  websocket: 50,
  webhook: 40,
  email: 35,
  gotify: 30,
  ntfy: 28,
  discord: 25,
  syslog: 10,
};

/**
 * Orders reports of one fact from the least to the best informed, the same way whatever the order of arrival: an end before a
 * beginning, the task log before the task list, the API before a copy, a whole report before a cut one. The event id decides
 * between equals.
 */
export function byInformedness(a: Event, b: Event): number {
  return weightOf(a) - weightOf(b) || sizeOf(a) - sizeOf(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function weightOf(event: Event): number {
  const { outcome } = identityOf(event);
  const isEnd = outcome !== 'started' && outcome !== 'progress';
  const hasDetail = Array.isArray(event.facts['guests']);
  const isCut = event.facts['truncated'] === true || event.facts['log_omitted'] === true;
  return (isEnd ? 1000 : 0) + CHANNEL_WEIGHT[event.channel] + (hasDetail ? 5 : 0) - (isCut ? 4 : 0);
}

const sizeOf = (event: Event) => Object.keys(event.facts).length;
