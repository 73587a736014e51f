import type { EventDraft } from '@proxmox-mcp/schemas';
import { cleanText } from '../clean-text.ts';
import { clusterOf } from '../inventory/host-index.ts';
import { severityOf } from '../severity.ts';
import { readAuthLine, readSshLine } from './readers/auth-lines.ts';
import { readCorosyncLine, readPmxcfsLine } from './readers/cluster-lines.ts';
import { readSmartdLine, readZedLine } from './readers/disk-lines.ts';
import { readHaLocalLine, readHaManagerLine, readWatchdogLine } from './readers/ha-lines.ts';
import { readKernelLine } from './readers/kernel-lines.ts';
import { readPbsLine } from './readers/pbs-lines.ts';
import { readStatdLine } from './readers/storage-lines.ts';
import { readQmeventdLine, readSystemdLine } from './readers/systemd-lines.ts';
import { readTaskLine } from './readers/task-lines.ts';
import { readUpdateLine, readWorkerLine } from './readers/worker-lines.ts';
import {
  NOISE,
  type LineReader,
  type SyslogLine,
  type SyslogOrigin,
  type SyslogReading,
} from './syslog-line.ts';

/** What one line came to. */
export type SyslogOutcome =
  { readonly draft: EventDraft } | { readonly ignore: string } | { readonly reject: string };

/** Program → its readers, tried in order (PROXMOX §D.2). A protocol table: what is not here says nothing to us. */
const READERS: ReadonlyMap<string, readonly LineReader[]> = new Map([
  ['pvedaemon', [readAuthLine, readWorkerLine]],
  ['pveproxy', [readAuthLine]],
  ['pvescheduler', [readWorkerLine]],
  ['pvestatd', [readStatdLine]],
  ['pveupdate', [readUpdateLine]],
  ['vzdump', [readWorkerLine]],
  ['qm', [readWorkerLine]],
  ['pct', [readWorkerLine]],
  ['pvesh', [readWorkerLine]],
  ['pvesr', [readWorkerLine]],
  ['pve-guests', [readWorkerLine]],
  ['task', [readWorkerLine]],
  ['pmxcfs', [readPmxcfsLine]],
  ['corosync', [readCorosyncLine]],
  ['pve-ha-crm', [readHaManagerLine]],
  ['pve-ha-lrm', [readHaLocalLine]],
  ['watchdog-mux', [readWatchdogLine]],
  ['kernel', [readKernelLine]],
  ['systemd', [readSystemdLine]],
  ['qmeventd', [readQmeventdLine]],
  ['smartd', [readSmartdLine]],
  ['zed', [readZedLine]],
  ['sshd', [readSshLine]],
  ['sshd-session', [readSshLine]],
  ['proxmox-backup-proxy', [readPbsLine]],
  ['proxmox-backup-api', [readPbsLine]],
]);

/** logger(1) cannot use the kernel's facility, so a line under its name with another one is forged. */
const KERNEL_FACILITY = 0;

/**
 * Reads one log line of a Proxmox host. Pure, and linear in the line; what a line may claim depends on the program it names,
 * which itself is only believed as far as PROXMOX §D.1 goes.
 */
export function normalizeSyslogLine(line: SyslogLine, origin: SyslogOrigin): SyslogOutcome {
  const { text, sanitized } = cleanText(line.message);
  const { message, repeated } = unwrapRepeated(text.trim());
  const clean: SyslogLine = message === line.message ? line : { ...line, message };
  if (line.tag === 'kernel' && line.facility !== undefined && line.facility !== KERNEL_FACILITY) {
    return { reject: 'untrusted-tag' };
  }
  const reading = readTaskLine(clean, origin) ?? readByTag(clean, origin);
  if (reading === undefined) return { ignore: 'unmapped' };
  if (reading === NOISE) return { ignore: NOISE };
  if ('refuse' in reading) return { reject: reading.refuse };
  const draft = toSyslogDraft(reading, clean, { origin, sanitized });
  return { draft: repeated === undefined ? draft : { ...draft, facts: { ...draft.facts, repeated } } };
}

/** rsyslog with RepeatedMsgReduction writes equal lines once more, with their number, instead of each. */
const REPEATED = /^message repeated (\d{1,9}) times: \[ ?([\s\S]*)\]$/;

function unwrapRepeated(text: string): { message: string; repeated?: number } {
  const match = text.startsWith('message repeated ') ? REPEATED.exec(text) : null;
  return match === null ? { message: text } : { message: match[2] ?? '', repeated: Number(match[1]) };
}

/** Makes the draft of a reading: sender, severity, and the facts every line has. */
export function toSyslogDraft(
  reading: SyslogReading,
  line: SyslogLine,
  { origin, sanitized }: { readonly origin: SyslogOrigin; readonly sanitized: boolean },
): EventDraft {
  const { node: about, severity, facts, ...entity } = reading;
  const node = about === null ? undefined : (about ?? origin.node);
  return {
    ...entity,
    severity: severity ?? severityOf(reading.type, facts),
    product: origin.source.product,
    cluster: clusterOf(origin.source, node ?? origin.node),
    ...(node === undefined ? {} : { node }),
    facts: { ...facts, tag: line.tag, ...(sanitized ? { sanitized: true } : {}) },
    text: { body: line.message },
  };
}

function readByTag(line: SyslogLine, origin: SyslogOrigin): ReturnType<LineReader> {
  for (const reader of READERS.get(line.tag) ?? []) {
    const reading = reader(line, origin);
    if (reading !== undefined) return reading;
  }
  return READERS.has(line.tag) ? undefined : NOISE;
}
