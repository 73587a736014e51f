import type { Product } from '@proxmox-mcp/schemas';

/** The unique id of a task, taken apart (PROXMOX §B.1). */
export interface Upid {
  /** The whole text; UPIDs are compared as exact strings. */
  readonly text: string;
  /** PVE UPIDs have eight fields, those of PBS nine. */
  readonly product: Product;
  readonly node: string;
  readonly pid: number;
  readonly pstart: number;
  /** PBS only: tells tasks of one daemon apart. */
  readonly taskId?: number;
  /** Epoch seconds. */
  readonly starttime: number;
  readonly type: string;
  /** Unescaped; empty where the task has none. */
  readonly id: string;
  /** With realm, without token: `ops@pve`. */
  readonly user: string;
  readonly tokenid?: string;
}

// The schema of events allows as many; a real UPID is far shorter.
const MAX_LENGTH = 512;
const NODE = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,62}[a-zA-Z0-9])?$/;
const HEX_8 = /^[0-9A-Fa-f]{8}$/;
// Nine digits from 497 days of uptime on.
const HEX_8_OR_9 = /^[0-9A-Fa-f]{8,9}$/;
// A counter of PBS: padded to eight, and grows.
const HEX_8_TO_16 = /^[0-9A-Fa-f]{8,16}$/;
const WORD = /^[^\s/\p{Cc}]+$/u;
const WORD_OR_EMPTY = /^[^\s/\p{Cc}]*$/u;

/** Takes a UPID apart; `undefined` for anything that is not exactly one: it must not reach a URL path. */
export function parseUpid(text: unknown): Upid | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH || !text.endsWith(':')) return undefined;
  const [label, node = '', pid = '', pstart = '', ...rest] = text.split(':');
  const isPbs = rest.length === 6;
  if (label !== 'UPID' || (!isPbs && rest.length !== 5)) return undefined;
  const taskId = isPbs ? (rest.shift() ?? '') : undefined;
  const [starttime = '', type = '', id = '', auth = ''] = rest;
  const wellFormed =
    NODE.test(node) &&
    HEX_8.test(pid) &&
    HEX_8_OR_9.test(pstart) &&
    (taskId === undefined || HEX_8_TO_16.test(taskId)) &&
    HEX_8.test(starttime) &&
    WORD.test(type) &&
    WORD_OR_EMPTY.test(id) &&
    WORD.test(auth);
  if (!wellFormed) return undefined;
  const bang = auth.indexOf('!');
  return {
    text,
    product: isPbs ? 'pbs' : 'pve',
    node,
    pid: Number.parseInt(pid, 16),
    pstart: Number.parseInt(pstart, 16),
    ...(taskId !== undefined && { taskId: Number.parseInt(taskId, 16) }),
    starttime: Number.parseInt(starttime, 16),
    type,
    id: isPbs ? unescapeUnit(id) : id,
    user: bang < 0 ? auth : auth.slice(0, bang),
    ...(bang >= 0 && { tokenid: auth.slice(bang + 1) }),
  };
}

/** Undoes systemd's escaping of PBS worker ids: `-` stands for `/`, then `\xNN` for a byte. */
export function unescapeUnit(text: string): string {
  const bytes: number[] = [];
  const slashed = Buffer.from(text.replaceAll('-', '/'), 'utf8');
  for (let i = 0; i < slashed.length; i++) {
    const hex = slashed[i] === 0x5c ? /^\\x([0-9a-f]{2})$/.exec(slashed.toString('latin1', i, i + 4)) : null;
    if (hex) {
      bytes.push(Number.parseInt(hex[1] ?? '', 16));
      i += 3;
    } else bytes.push(slashed[i] ?? 0);
  }
  return Buffer.from(bytes).toString('utf8');
}
