import { parseDuration, parseSize } from '../../quantities.ts';
import type { NotificationKind, NotificationText } from '../notification.ts';
import { readTable, type TextTable } from '../table.ts';

/** One row of the guest table. */
interface VzdumpGuest {
  readonly vmid: number;
  readonly name: string;
  readonly status: string;
  readonly time_s: number;
  readonly size_bytes: number;
  readonly target: string | null;
}

const COLUMNS = ['VMID', 'Name', 'Status', 'Time', 'Size', 'Filename'];
/** PVE 7 writes its own table: fixed widths, right-aligned numbers, capitals. */
const LEGACY_COLUMNS = ['VMID', 'NAME', 'STATUS', 'TIME', 'SIZE', 'FILENAME'];
// PVE 7 puts a blank before the colon.
const TITLE = /^vzdump backup status \(([^()\s]{1,253})\) ?: ?(.*)$/;
const LOG_ERROR =
  /^\s{0,8}(\d{1,9}): \d{4}-\d\d-\d\d \d\d:\d\d:\d\d ERROR: Backup of VM (\d{1,9}) failed - (.*)$/;

/** End of a backup job of one node. */
export const vzdump: NotificationKind = {
  name: 'vzdump',
  product: 'pve',
  family: 'backup.job',
  recognises: ({ title, lines }) =>
    TITLE.test(title) || (title === '' && readGuests(lines) !== undefined && lines.some(isDetails)),
  read(text) {
    const { title, lines } = text;
    const named = TITLE.exec(title);
    const fqdn = named?.[1];
    const statusText = named?.[2];
    const table = readGuests(lines);
    const guests = table?.guests;
    const totals = readTotals(lines);
    const error = jobError(statusText, text);
    const errors = guests === undefined ? {} : { ...guestErrors(lines, guests), ...table?.errors };
    const failedByTitle = statusText === undefined ? undefined : !statusText.startsWith('backup successful');
    const failedByTable = guests === undefined ? undefined : hasFailed(guests, totals, statusText);
    const failed = failedByTitle === true || failedByTable === true;
    const storage = /\bstorage '([^'\s]{1,100})'/.exec(error ?? '')?.[1];
    return {
      ...(failedByTitle === undefined && failedByTable === undefined
        ? {}
        : { outcome: failed ? ('failed' as const) : ('succeeded' as const) }),
      evidence: guests !== undefined || totals.time !== undefined,
      ...(fqdn === undefined ? {} : { node: fqdn }),
      ...(storage === undefined ? {} : { storage }),
      facts: {
        ...(statusText === undefined ? {} : { status_text: statusText }),
        ...(fqdn === undefined ? {} : { fqdn }),
        ...totalFacts(totals, guests),
        ...(guests === undefined ? {} : { guests }),
        ...(Object.keys(errors).length === 0 ? {} : { errors }),
        ...(error === undefined ? {} : { error }),
        ...targetStorage(lines),
        ...(lines.some((line) => line.startsWith('Log output was too long to be sent'))
          ? { log_omitted: true }
          : {}),
      },
    };
  },
};

/** Without a title an empty table is the whole word of it: the job failed before its first guest (storage, lock, hook). */
function hasFailed(guests: readonly VzdumpGuest[], totals: Totals, statusText: string | undefined): boolean {
  if (guests.length === 0) return statusText === undefined && totals.time !== undefined;
  return guests.some((guest) => guest.status === 'err');
}

function isDetails(line: string): boolean {
  const word = line.trim();
  return word === 'Details' || word === 'Detailed backup logs:';
}

interface GuestTable {
  readonly guests: readonly VzdumpGuest[];
  /** Where the table itself says what went wrong, by vmid. */
  readonly errors: Readonly<Record<string, string>>;
}

function readGuests(lines: readonly string[]): GuestTable | undefined {
  const table = readTable(lines, COLUMNS);
  if (table !== undefined) {
    return { guests: table.rows.map(guestOfCells).filter((guest) => guest !== undefined), errors: {} };
  }
  const legacy = readTable(lines, LEGACY_COLUMNS);
  return legacy === undefined ? undefined : legacyGuests(legacy);
}

/** PVE 7 writes its HTML table in other words than its text: `OK` and `FAILED`, and the error in place of size and file. */
function legacyGuests({ rows, lines }: TextTable): GuestTable {
  const guests: VzdumpGuest[] = [];
  const errors: Record<string, string> = {};
  rows.forEach((cells, index) => {
    const [vmid = '', name = '', word = '', time = '', ...rest] = cells;
    const isFailed = word === 'FAILED';
    const isHtml = isFailed || word === 'OK';
    const [size = '', file = ''] = isFailed ? [] : rest;
    const guest = guestOfCells(
      isHtml ? [vmid, name, isFailed ? 'err' : 'ok', time, size, file] : legacyCells(lines[index] ?? ''),
    );
    if (guest === undefined) return;
    guests.push(guest);
    const error = rest.join(' ').trim();
    if (isFailed && error !== '') errors[vmid] = error;
  });
  return { guests, errors };
}

function guestOfCells(cells: readonly string[]): VzdumpGuest | undefined {
  const [vmid = '', name = '', status = '', time = '', size = '', file = ''] = cells;
  // A row cut by the channel, or shifted by a name wider than its column, must not become a guest that never was.
  if (!/^[1-9]\d{0,8}$/.test(vmid) || !/^[a-z]{1,12}$/.test(status)) return undefined;
  return {
    vmid: Number(vmid),
    name,
    status,
    time_s: parseDuration(time) ?? 0,
    size_bytes: parseSize(size) ?? 0,
    target: file === '' || file === 'null' || file === '-' ? null : file,
  };
}

/** Right-aligned columns do not start where their header does: the words of the row are counted from its end instead. */
function legacyCells(line: string): string[] {
  const words = line.split(/\s+/).filter((word) => word !== '');
  const tail = words.slice(-4);
  return [words[0] ?? '', words.slice(1, -4).join(' '), ...tail];
}

interface Totals {
  readonly time?: number;
  readonly size?: number;
}

function readTotals(lines: readonly string[]): Totals {
  // An error text before "Details" could hold the same labels.
  const from = Math.max(0, lines.findIndex(isDetails));
  const value = (label: string) => {
    const line = lines.slice(from).find((candidate) => candidate.trimStart().startsWith(label));
    return line?.trim().slice(label.length).trim();
  };
  const time = parseDuration(value('Total running time:') ?? '');
  const size = parseSize(value('Total size:') ?? '');
  return { ...(time === undefined ? {} : { time }), ...(size === undefined ? {} : { size }) };
}

function totalFacts(totals: Totals, guests: readonly VzdumpGuest[] | undefined): Record<string, number> {
  const sum = (pick: (guest: VzdumpGuest) => number) =>
    guests?.reduce((total, guest) => total + pick(guest), 0);
  // PVE 7 has no totals; the sum of its table is the same figure.
  const time = totals.time ?? sum((guest) => guest.time_s);
  const size = totals.size ?? sum((guest) => guest.size_bytes);
  return {
    ...(time === undefined ? {} : { total_time_s: time }),
    ...(size === undefined ? {} : { total_size_bytes: size }),
  };
}

function jobError(statusText: string | undefined, { lines }: NotificationText): string | undefined {
  const single = /^backup failed: ?(.+)$/.exec(statusText ?? '')?.[1];
  if (single !== undefined && single !== 'multiple problems') return single;
  const details = lines.findIndex(isDetails);
  // PVE 7 has no word between the error and the table.
  const legacy = readTable(lines, LEGACY_COLUMNS);
  const end = legacy === undefined ? details : legacy.end - legacy.lines.length - 1;
  const heading = lines.slice(0, Math.max(0, end));
  const block = heading.join('\n').trim();
  return block === '' ? single : block;
}

function guestErrors(lines: readonly string[], guests: readonly VzdumpGuest[]): Record<string, string> {
  // File names inside a container reach the log: only a guest whose row says so has failed.
  const failed = new Set(guests.filter((guest) => guest.status !== 'ok').map((guest) => String(guest.vmid)));
  const errors: Record<string, string> = {};
  for (const line of lines) {
    if (line.length > 8_192 || !line.includes(' ERROR: Backup of VM ')) continue;
    const match = LOG_ERROR.exec(line);
    const vmid = match?.[1];
    if (vmid !== undefined && vmid === match?.[2] && failed.has(vmid)) errors[vmid] = (match[3] ?? '').trim();
  }
  return errors;
}

function targetStorage(lines: readonly string[]): { storage?: string } {
  const command = lines.find((line) => /^\s{0,8}vzdump (?:\d|--)/.test(line));
  const storage = /(?:^| )--storage[ =]([A-Za-z][A-Za-z0-9._-]{0,99})(?: |$)/.exec(
    command?.slice(0, 16_384) ?? '',
  )?.[1];
  return storage === undefined ? {} : { storage };
}
