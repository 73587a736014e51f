import { duration, humanBytes } from './units.ts';
import { textTable } from './table.ts';

/** One guest of a backup job. */
export interface VzdumpGuestResult {
  readonly vmid: number;
  /** `VM 104` or `CT205` where it has no name. */
  readonly name: string;
  readonly status: 'ok' | 'err';
  readonly seconds: number;
  readonly sizeBytes: number;
  /** Absent when it failed. */
  readonly filename?: string;
  /** `YYYY-MM-DD HH:MM:SS INFO: …` lines. */
  readonly log: readonly string[];
  readonly error?: string;
}

/** A backup job of one node, ended. */
export interface VzdumpResult {
  readonly fqdn: string;
  readonly commandLine: string;
  readonly guests: readonly VzdumpGuestResult[];
  readonly totalSeconds: number;
  /** Failure of the job itself: storage offline, lock, hook. */
  readonly jobError?: string;
}

const MAX_LOG_BYTES = 1024 * 1024;

/** Subject and text part of the `vzdump` template (PVE 9: trailing blank in the subject). */
export function renderVzdump(result: VzdumpResult): { title: string; body: string; failed: boolean } {
  const errors = result.guests.flatMap((g) => (g.error === undefined ? [] : [`${g.vmid}: ${g.error}`]));
  if (result.jobError !== undefined) errors.unshift(result.jobError);
  const failed = errors.length > 0;
  const singleLine =
    result.jobError !== undefined && errors.length === 1 && !result.jobError.trim().includes('\n');
  const statusText = !failed
    ? 'backup successful'
    : singleLine
      ? `backup failed: ${result.jobError ?? ''}`
      : result.jobError !== undefined
        ? 'backup failed: multiple problems'
        : 'backup failed';
  const rows = result.guests.map((g) => [
    String(g.vmid),
    g.name,
    g.status,
    duration(g.seconds),
    humanBytes(g.sizeBytes),
    g.filename ?? 'null',
  ]);
  const total = result.guests.reduce((sum, g) => sum + g.sizeBytes, 0);
  const logs = result.guests.map((g) => g.log.map((line) => `${g.vmid}: ${line}`).join('\n')).join('\n\n');
  const body = [
    result.jobError !== undefined && !singleLine ? result.jobError : '',
    'Details',
    '=======',
    textTable(['VMID', 'Name', 'Status', 'Time', 'Size', 'Filename'], rows),
    '',
    `Total running time: ${duration(result.totalSeconds)}`,
    `Total size: ${humanBytes(total)}`,
    '',
    'Logs',
    '====',
    logs.length > MAX_LOG_BYTES
      ? 'Log output was too long to be sent. See Task History for details!'
      : `${result.commandLine}\n\n\n${logs}`,
    '',
  ].join('\n');
  return { title: `vzdump backup status (${result.fqdn}): ${statusText} `, body, failed };
}
