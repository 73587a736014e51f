import type { Event } from '@proxmox-mcp/schemas';

/** One event on one line for people: time, severity, type, where, title. */
export function eventLine(
  event: Pick<Event, 'occurredAt' | 'severity' | 'type' | 'title'> & Partial<Event>,
): string {
  const where = event.node ?? event.storage ?? event.source ?? '';
  const time = event.occurredAt.slice(0, 19).replace('T', ' ');
  return `${time}  ${event.severity.padEnd(8)}  ${event.type.padEnd(26)}  ${where.padEnd(10)}  ${event.title}`;
}
