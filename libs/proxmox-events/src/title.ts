import type { EventDraft } from '@proxmox-mcp/schemas';
import { activityOf, type ActivityFamily, type Outcome } from './taxonomy.ts';
import { oneLine } from './text.ts';
import { conditionTitle } from './title-conditions.ts';
import { fact, guestOf, quoted, subjectOf } from './title-parts.ts';

const MAX_TITLE = 300;

const ACTIVITY: Readonly<Record<ActivityFamily, (draft: EventDraft) => string>> = {
  'backup.job': (d) => (d.guest ? `Backup job of ${guestOf(d)}` : 'Backup job'),
  'backup.guest': (d) => `Backup of ${guestOf(d)}`,
  'backup.snapshot': (d) => `Backup of ${fact(d, 'group') ?? guestOf(d)}`,
  'backup.gc': () => 'Garbage collection',
  'backup.verify': (d) => `Verification${ofGroup(d)}`,
  'backup.prune': (d) => `Prune${ofGroup(d)}`,
  'backup.sync': (d) => `Sync job${named(d, 'job_id')}`,
  'backup.read': (d) => `Reading${ofGroup(d)}`,
  'tape.backup': (d) => `Tape backup${named(d, 'job_id')}`,
  'guest.start': (d) => `Start of ${guestOf(d)}`,
  'guest.stop': (d) => `Stop of ${guestOf(d)}`,
  'guest.shutdown': (d) => `Shutdown of ${guestOf(d)}`,
  'guest.reboot': (d) => `Reboot of ${guestOf(d)}`,
  'guest.reset': (d) => `Reset of ${guestOf(d)}`,
  'guest.suspend': (d) => `Suspend of ${guestOf(d)}`,
  'guest.resume': (d) => `Resume of ${guestOf(d)}`,
  'guest.create': (d) => `Creation of ${guestOf(d)}`,
  'guest.restore': (d) => `Restore of ${guestOf(d)}`,
  'guest.clone': (d) => `Clone of ${guestOf(d)}`,
  'guest.destroy': (d) => `Removal of ${guestOf(d)}`,
  'guest.migrate': (d) => {
    const target = fact(d, 'target_node');
    return `Migration of ${guestOf(d)}${target === undefined ? '' : ` to ${target}`}`;
  },
  'guest.template': (d) => `Conversion of ${guestOf(d)} to a template`,
  'guest.config': (d) => `Configuration change of ${guestOf(d)}`,
  'guest.disk.move': (d) => `Disk move of ${guestOf(d)}`,
  'guest.disk.resize': (d) => `Disk resize of ${guestOf(d)}`,
  'guest.snapshot.create': (d) => `Snapshot of ${guestOf(d)}`,
  'guest.snapshot.delete': (d) => `Snapshot removal of ${guestOf(d)}`,
  'guest.snapshot.rollback': (d) => `Snapshot rollback of ${guestOf(d)}`,
  'ha.request.start': (d) => `HA start request for ${guestOf(d)}`,
  'ha.request.stop': (d) => `HA stop request for ${guestOf(d)}`,
  'ha.request.migrate': (d) => `HA migration request for ${guestOf(d)}`,
  'console.session': (d) => (d.guest ? `Console session of ${guestOf(d)}` : 'Console session'),
  'storage.volume.delete': (d) => `Volume removal${d.guest ? ` of ${guestOf(d)}` : ''}`,
  'node.apt.refresh': () => 'Package list refresh',
  'node.maintenance': (d) => `Maintenance task${named(d, 'task_type')}`,
  'ceph.osd.destroy': (d) => `Removal of Ceph OSD${named(d, 'task_id')}`,
  task: (d) => `Task${named(d, 'task_type')}${named(d, 'task_id')}`,
};

/**
 * The one line for people that says what happened, in English, built from the typed fields of an event. Text that others
 * wrote (errors, states) appears quoted and cut. Every type gets a line, unheard-of ones a generic line.
 */
export function titleOf(draft: EventDraft): string {
  const activity = activityOf(draft.type);
  const line = activity
    ? `${ACTIVITY[activity.family](draft)}${placeOf(draft)} ${outcomePhrase(draft, activity.outcome)}`
    : (conditionTitle(draft) ?? genericTitle(draft));
  return oneLine(line, MAX_TITLE) || draft.type;
}

function outcomePhrase(draft: EventDraft, outcome: Outcome): string {
  switch (outcome) {
    case 'started':
      return 'started';
    case 'progress': {
      const percent = draft.facts['percent'];
      const phase = fact(draft, 'phase');
      if (typeof percent === 'number') return `is at ${percent} %`;
      return phase === undefined ? 'is running' : `is running: ${phase}`;
    }
    case 'succeeded':
      return 'succeeded';
    case 'warned': {
      const count = draft.facts['warnings'];
      return typeof count === 'number'
        ? `ended with ${count} warning${count === 1 ? '' : 's'}`
        : 'ended with warnings';
    }
    case 'unknown':
      return `ended without a result${reasonOf(draft)}`;
    case 'failed':
      return `${draft.facts['cancelled'] === true ? 'was cancelled' : 'failed'}${failedGuests(draft)}${reasonOf(draft)}`;
  }
}

function failedGuests(draft: EventDraft): string {
  const guests = draft.facts['guests'];
  if (!Array.isArray(guests)) return '';
  const failed = guests.filter((g): g is { vmid: number } => isFailedGuest(g)).map((g) => g.vmid);
  if (failed.length === 0) return '';
  const shown = failed.slice(0, 5).join(', ');
  return ` for ${shown}${failed.length > 5 ? ` and ${failed.length - 5} more` : ''}`;
}

function isFailedGuest(guest: unknown): boolean {
  return (
    typeof guest === 'object' &&
    guest !== null &&
    'vmid' in guest &&
    typeof guest.vmid === 'number' &&
    'status' in guest &&
    guest.status === 'err'
  );
}

function reasonOf(draft: EventDraft): string {
  const reason = fact(draft, 'cause') ?? fact(draft, 'error') ?? fact(draft, 'status_error');
  return reason === undefined ? '' : `: ${quoted(reason)}`;
}

function ofGroup(draft: EventDraft): string {
  const group = fact(draft, 'group');
  return group === undefined ? '' : ` of ${group}`;
}

function named(draft: EventDraft, key: string): string {
  const name = fact(draft, key);
  return name === undefined ? '' : ` ${name}`;
}

function placeOf(draft: EventDraft): string {
  if (draft.product === 'pbs' && draft.storage !== undefined) return ` on datastore ${draft.storage}`;
  return draft.node === undefined ? '' : ` on ${draft.node}`;
}

function genericTitle(draft: EventDraft): string {
  const words = draft.type.replace(/[._]/g, ' ');
  const subject = subjectOf(draft);
  return subject === undefined ? words : `${subject}: ${words}`;
}
