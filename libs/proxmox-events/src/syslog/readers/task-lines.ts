import { outcomeOf } from '../../task/outcome.ts';
import { storageInError } from '../../task/storage-in-error.ts';
import { taskBase } from '../../task/task-draft.ts';
import { parseUpid, type Upid } from '../../upid/parse-upid.ts';
import type { Refusal, SyslogLine, SyslogOrigin, SyslogReading } from '../syslog-line.ts';

/**
 * Programs that may speak of tasks. Nothing authenticates syslog and any local user can run logger(1), so a task line of
 * another program is a forgery (PROXMOX §D.1).
 */
const TRUSTED_TAGS: ReadonlySet<string> = new Set([
  'pvedaemon',
  'pveproxy',
  'pvescheduler',
  'pvestatd',
  'pve-ha-lrm',
  'pve-ha-crm',
  'vzdump',
  'qm',
  'pct',
  'pvesh',
  'pvesr',
  'pveupdate',
  'pve-guests',
  'spiceproxy',
  'pmxcfs',
  'task',
  // A worker's process is called `task UPID:…`; traditional headers end the tag at the first blank or colon.
  'UPID',
]);

const START = /^<([^<>\s]{1,200})> starting task (UPID:\S{1,512})$/;
const END = /^<([^<>\s]{1,200})> end task (UPID:\S{1,512}) (\S[\s\S]*)$/;
/** `start VM 104: UPID:…`, `starting vnc proxy UPID:…`: the worker speaks of itself. */
const WORKER = /^[A-Za-z][A-Za-z ]{1,60}(?: (\d{1,9}):)? (UPID:\S{1,512})$/;

/** Reads lines of any program that carry a UPID; `undefined` when the line is none. */
export function readTaskLine(line: SyslogLine, origin: SyslogOrigin): SyslogReading | Refusal | undefined {
  const end = END.exec(line.message);
  const start = end === null ? START.exec(line.message) : null;
  const worker = end === null && start === null ? WORKER.exec(line.message) : null;
  const match = end ?? start ?? worker;
  if (match === null) return undefined;
  if (!TRUSTED_TAGS.has(line.tag)) return { refuse: 'untrusted-tag' };
  const upid = parseUpid(match[2]);
  if (upid === undefined || upid.product !== 'pve') return { refuse: 'bad-upid' };
  const odd = worker === null ? contradictsUser(match[1] ?? '', upid) : contradictsId(match[1], upid);
  if (odd || origin.source.product !== 'pve' || upid.node.toLowerCase() !== origin.node.toLowerCase()) {
    return { refuse: 'upid-contradiction' };
  }
  const pid = line.pid === undefined ? {} : { pid: line.pid };
  if (end === null) {
    const { type, guest, storage, facts } = taskBase(upid, 'started');
    return reading(upid, { type, guest, storage }, { ...facts, ...pid });
  }
  const { outcome, status, facts: outcomeFacts } = outcomeOf(end[3]);
  const { type, guest, facts, ...base } = taskBase(upid, outcome);
  const storage = base.storage ?? storageInError(upid.type, outcomeFacts['error']);
  return { ...reading(upid, { type, guest, storage }, { ...facts, ...outcomeFacts, ...pid }), status };
}

function reading(
  upid: Upid,
  about: {
    readonly type: string;
    readonly guest: SyslogReading['guest'] | undefined;
    readonly storage: string | undefined;
  },
  facts: Readonly<Record<string, unknown>>,
): SyslogReading {
  return {
    type: about.type,
    ...(about.guest === undefined ? {} : { guest: about.guest }),
    ...(about.storage === undefined ? {} : { storage: about.storage }),
    upid: upid.text,
    facts,
  };
}

function contradictsUser(said: string, upid: Upid): boolean {
  return said !== upid.user && said !== `${upid.user}!${upid.tokenid ?? ''}`;
}

function contradictsId(said: string | undefined, upid: Upid): boolean {
  return said !== undefined && /^\d{1,9}$/.test(upid.id) && Number(said) !== Number(upid.id);
}
