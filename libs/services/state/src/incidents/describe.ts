import { partsOf } from '../facts/identity.ts';
import { saysWhy } from '../facts/merge-details.ts';
import type { Fact } from '@proxmox-mcp/schemas';
import { listOf } from './activity.ts';

/** Title and cause of an incident, built from typed fields of one fact. */
export interface Description {
  readonly title: string;
  readonly cause: string | undefined;
  /** How much the cause tells; a poorer one never replaces a richer one of the same run. */
  readonly rank: number;
}

/** Guests named in a title or cause; the rest are counted. */
const NAMED_GUESTS = 5;

/** Says what went wrong: which guest, which error, which storage. */
export function describe(fact: Fact): Description {
  const { family } = partsOf(fact.type);
  if (family === 'backup.job' || family === 'backup.guest') return describeBackup(fact);
  const error = reasonOf(fact);
  const what = WORDS[family] ?? sentence(family.replaceAll('.', ' '));
  const object = objectOf(fact, family);
  const title = cut(`${what}${object} failed${fact.node === undefined ? '' : ` on ${fact.node}`}`, 300);
  return {
    title,
    cause: error === undefined ? undefined : cut(`${what}${object} failed: ${error}`, 1_000),
    rank: (saysWhy(error) ? 2 : 0) + (error === undefined ? 0 : 1),
  };
}

/**
 * What the richest of several reports of one run says. Where only the guests' own parts tell why, they are told together: the first
 * of two failed guests is not the whole story.
 */
export function describeRun(reports: readonly Fact[]): Description {
  const described = reports.map(describe);
  const best = described.reduce((a, b) => (b.rank >= a.rank ? b : a));
  const source = reports[described.indexOf(best)];
  const parts = reports.filter((fact) => partsOf(fact.type).family === 'backup.guest');
  const failed = new Map(
    parts.flatMap(failedGuests).map((guest) => [guest.vmid, { ...guest, status: 'err' }]),
  );
  if (source === undefined || !parts.includes(source) || failed.size < 2) return best;
  const { guest: _, ...rest } = source;
  const guests = [...failed.values()].sort((a, b) => a.vmid - b.vmid);
  return describe({ ...rest, type: 'backup.job.failed', facts: { guests } });
}

const WORDS: Readonly<Record<string, string>> = {
  'guest.migrate': 'Migration',
  'replication.job': 'Replication',
  'backup.gc': 'Garbage collection',
  'backup.verify': 'Verification',
  'backup.prune': 'Prune',
  'backup.sync': 'Sync',
  'backup.snapshot': 'Backup',
  task: 'Task',
};

function objectOf(fact: Fact, family: string): string {
  if (fact.guest) return ` of ${guestName(fact.guest.vmid, fact.guest.name ?? nameIn(fact))}`;
  const job = fact.facts['job_id'];
  const store = fact.storage === undefined ? '' : ` on ${fact.storage}`;
  if (typeof job === 'string') return ` job ${job}${store}`;
  if (family === 'task')
    return ` ${[fact.facts['task_type'], fact.facts['task_id']].filter(isText).join(' ')}`.trimEnd();
  return store;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function nameIn(fact: Fact): string | undefined {
  const name = fact.facts['name'];
  return typeof name === 'string' ? name : undefined;
}

function describeBackup(fact: Fact): Description {
  const failed = failedGuests(fact);
  const storage = fact.storage === undefined ? '' : ` to ${fact.storage}`;
  const where = fact.node === undefined ? '' : ` on ${fact.node}`;
  const reason = reasonOf(fact);
  const told = failed.filter((guest) => guest.error !== undefined).length > 0;
  const rank = (told ? 4 : saysWhy(reason) ? 3 : 0) + (failed.length > 0 ? 2 : 0) + (storage === '' ? 0 : 1);
  if (failed.length === 0) {
    const job = fact.facts['job_id'];
    const title = `Backup${typeof job === 'string' ? ` job ${job}` : ''} failed${where}`;
    return {
      title: cut(title, 300),
      cause: cut(`Backup${storage}${where} failed: ${reason ?? 'no reason given'}`, 1_000),
      rank,
    };
  }
  const names = failed.slice(0, NAMED_GUESTS).map((guest) => guestName(guest.vmid, guest.name));
  const more = failed.length > NAMED_GUESTS ? ` and ${failed.length - NAMED_GUESTS} more` : '';
  const shown = `${names.join(', ')}${more}`;
  const errors = failed
    .slice(0, NAMED_GUESTS)
    .map(
      (guest, index) =>
        `${failed.length > 1 ? `${names[index]}: ` : ''}${cutMiddle(guest.error ?? reason ?? 'no reason given', 300)}`,
    )
    .join('; ');
  return {
    title: cut(`Backup of ${shown} failed${where}`, 300),
    cause: cut(`Backup of ${shown}${storage} failed: ${errors}${more === '' ? '' : ';' + more}`, 1_000),
    rank,
  };
}

function failedGuests(fact: Fact): { vmid: number; name?: string; error?: string }[] {
  const listed = listOf(fact.facts['guests']).filter((guest) => guest.status === 'err');
  if (listed.length > 0) return listed;
  const isPart = partsOf(fact.type).family === 'backup.guest';
  if (!isPart || fact.guest === undefined) return [];
  const { vmid, name } = fact.guest;
  const error = reasonOf(fact);
  return [{ vmid, ...(name === undefined ? {} : { name }), ...(error === undefined ? {} : { error }) }];
}

/** PBS's own sentence says to look into the log: what the log, or the notification, names is the reason. */
function damageIn(fact: Fact): string | undefined {
  const { failed } = fact.facts;
  if (partsOf(fact.type).family !== 'backup.verify' || !Array.isArray(failed)) return undefined;
  const names = failed.filter(isText);
  if (names.length === 0) return undefined;
  const more = names.length > NAMED_GUESTS ? ` and ${names.length - NAMED_GUESTS} more` : '';
  return `damaged: ${names.slice(0, NAMED_GUESTS).join(', ')}${more}`;
}

function reasonOf(fact: Fact): string | undefined {
  const { cause, error } = fact.facts;
  const damage = damageIn(fact);
  if (damage !== undefined) return damage;
  if (typeof cause === 'string' && cause !== '') return cause;
  if (typeof error === 'string' && error !== '') return error;
  return fact.status === undefined || fact.status === '' ? undefined : fact.status;
}

/** `104 (db01)`. */
function guestName(vmid: number, name: string | undefined): string {
  return name === undefined || name === '' ? String(vmid) : `${vmid} (${cut(name, 64)})`;
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Cuts to `max` characters, on one line. */
export function cut(text: string, max: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}

/** Cuts the middle out, down to `max` characters, on one line: what was done stands first in an error, and why it failed last. */
function cutMiddle(text: string, max: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= max) return line;
  const head = Math.floor((max - 3) / 2);
  return `${line.slice(0, head)} … ${line.slice(3 + head - max)}`;
}
