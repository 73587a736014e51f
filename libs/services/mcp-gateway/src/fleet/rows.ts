import type { Event, Fact, GuestState } from '@proxmox-mcp/schemas';
import { encodeCursor } from '../call/event-cursor.ts';
import { markFreeText, plainWord, untrusted } from '../call/untrusted.ts';
import { percentOf } from './overview.ts';

/**
 * A title without what somebody else wrote: titles carry foreign text (errors, states) in double quotes, and that text
 * stands marked in other fields.
 */
export function ownWords(title: string): string {
  return title.replace(/"[^"]*"/g, '"…"');
}

/** An event as tools, resources and the SSE stream show it: ours in plain, theirs marked. */
export function eventRow(event: Event, seq?: number): Record<string, unknown> {
  // What it was read from is looked up by the event's own id.
  const { text, status, facts, guest, receivedAt, raw: _raw, ...plain } = event;
  return {
    ...plain,
    title: ownWords(event.title),
    ...(guest === undefined ? {} : { guest }),
    ...(status === undefined ? {} : { status: markFreeText(status) }),
    ...(receivedAt === event.occurredAt ? {} : { receivedAt }),
    facts: markFreeText(facts),
    ...(text === undefined
      ? {}
      : {
          text: {
            ...(text.title === undefined ? {} : { title: untrusted(text.title) }),
            ...(text.body === undefined ? {} : { body: untrusted(text.body) }),
          },
        }),
    ...(seq === undefined ? {} : { cursor: encodeCursor({ events: seq }) }),
  };
}

/** A task (a fact with a UPID) as one row. */
export function taskRow(fact: Fact): Record<string, unknown> {
  const outcome = fact.type.split('.').at(-1);
  const { task_type, user, error } = fact.facts;
  return {
    upid: fact.upid,
    type: fact.type,
    ...(task_type === undefined ? {} : { task_type: markFreeText(task_type) }),
    state: fact.endedAt === undefined ? 'running' : outcome,
    severity: fact.severity,
    ...(fact.cluster === undefined ? {} : { cluster: fact.cluster }),
    ...(fact.node === undefined ? {} : { node: fact.node }),
    ...(fact.guest === undefined ? {} : { guest: fact.guest }),
    ...(fact.storage === undefined ? {} : { storage: fact.storage }),
    ...(user === undefined ? {} : { user: markFreeText(user) }),
    started: fact.startedAt,
    ...(fact.endedAt === undefined ? {} : { ended: fact.endedAt }),
    ...(fact.status === undefined ? {} : { status: markFreeText(fact.status) }),
    ...(error === undefined ? {} : { error: markFreeText(error) }),
    title: ownWords(fact.title),
  };
}

/** A guest of the live picture as one row of a list. */
export function guestRow(guest: GuestState): Record<string, unknown> {
  return {
    id: `${guest.cluster}/${guest.vmid}`,
    kind: guest.guestKind,
    vmid: guest.vmid,
    ...(guest.name === undefined ? {} : { name: plainWord(guest.name) }),
    cluster: guest.cluster,
    node: guest.node,
    status: guest.status,
    ...(guest.template ? { template: true } : {}),
    ...percentOf('cpu_percent', guest.cpu, guest.cpu === undefined ? undefined : 1),
    ...percentOf('mem_percent', guest.mem, guest.maxmem),
    ...percentOf('disk_percent', guest.disk, guest.maxdisk),
    ...(guest.uptime === undefined ? {} : { uptime_s: guest.uptime }),
    ...(guest.tags === undefined || guest.tags.length === 0 ? {} : { tags: guest.tags.map(plainWord) }),
    ...(guest.pool === undefined ? {} : { pool: plainWord(guest.pool) }),
    ...(guest.lock === undefined ? {} : { lock: plainWord(guest.lock) }),
    ...(guest.hastate === undefined ? {} : { ha: plainWord(guest.hastate) }),
  };
}
