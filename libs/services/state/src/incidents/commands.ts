import type { Incident, IncidentCommand, TimelineEntry } from '@proxmox-mcp/schemas';
import { change, isOpen, resolve, type Patch } from './change.ts';

/** What a person's command makes of an incident; `same` when it is so already, so that a repeated command does no harm. */
export type Commanded =
  | { readonly kind: 'changed'; readonly incident: Incident }
  | { readonly kind: 'same' }
  | { readonly kind: 'invalid'; readonly message: string };

/** Longest snooze: past that, acknowledging is what was meant. */
const MAX_SNOOZE_MS = 366 * 86_400_000;

/** Statuses that an acknowledgement does not end. */
const KEPT: ReadonlySet<Incident['status']> = new Set(['suppressed', 'stale', 'flapping']);

/** Applies a command. Pure: the lifecycle of CONTRACT §3 as far as people drive it. */
export function applyCommand(incident: Incident, command: IncidentCommand, nowMs: number): Commanded {
  const at = new Date(nowMs).toISOString();
  const { by, note } = command;
  const said = { by, ...(note === undefined ? {} : { note }) };
  const changed = (patch: Patch, entry: Omit<TimelineEntry, 'at' | 'by' | 'note'>): Commanded => ({
    kind: 'changed',
    incident: change(incident, patch, at, { ...entry, ...said }),
  });
  const closed: Commanded = {
    kind: 'invalid',
    message: `incident ${incident.id} is resolved; reopen it first`,
  };
  switch (command.op) {
    case 'acknowledge':
      if (!isOpen(incident)) return closed;
      if (incident.acknowledgedAt !== undefined) return { kind: 'same' };
      return changed(
        {
          // What hides it, or keeps it from being told, goes on; it is an acknowledged one after that.
          status: KEPT.has(incident.status) ? incident.status : 'acknowledged',
          acknowledgedAt: at,
          acknowledgedBy: by,
        },
        { what: 'acknowledged', text: 'Acknowledged' },
      );
    case 'snooze': {
      if (!isOpen(incident)) return closed;
      const until = Date.parse(command.until ?? '');
      if (Number.isNaN(until)) return { kind: 'invalid', message: 'snooze needs `until`, an ISO 8601 time' };
      if (until <= nowMs || until > nowMs + MAX_SNOOZE_MS)
        return { kind: 'invalid', message: '`until` must lie in the future, at most a year ahead' };
      const snoozedUntil = new Date(until).toISOString();
      if (incident.snoozedUntil === snoozedUntil) return { kind: 'same' };
      return changed({ snoozedUntil }, { what: 'snoozed', text: `Snoozed until ${snoozedUntil}` });
    }
    case 'resolve':
      if (!isOpen(incident)) return { kind: 'same' };
      return {
        kind: 'changed',
        incident: resolve(incident, 'manual', at, { text: 'Resolved by hand', ...said }),
      };
    case 'reopen':
      if (isOpen(incident)) return { kind: 'same' };
      return changed(
        {
          status: 'open',
          resolvedAt: undefined,
          resolution: undefined,
          acknowledgedAt: undefined,
          acknowledgedBy: undefined,
        },
        { what: 'reopened', text: 'Reopened' },
      );
    case 'merge':
      return { kind: 'invalid', message: 'merging is done by the follower, which knows both incidents' };
    case 'comment':
      if (note === undefined || note.trim() === '')
        return { kind: 'invalid', message: 'comment needs `note`' };
      return changed({}, { what: 'comment', text: 'Comment' });
    case 'assign':
      if (incident.assignee === command.assignee) return { kind: 'same' };
      return changed(
        { assignee: command.assignee },
        {
          what: 'assigned',
          text: command.assignee === undefined ? 'Assigned to nobody' : `Assigned to ${command.assignee}`,
        },
      );
  }
}
