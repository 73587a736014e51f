import { createHostIndex } from '@proxmox-mcp/proxmox-events';
import { Inventory, type EventDraft, type NormalizeResult } from '@proxmox-mcp/schemas';
import { createFramer } from './framing.ts';
import { SYSLOG_MAX_LINE_BYTES } from './limits.ts';
import { normalizeMessage } from './normalize.ts';
import { createOomJoiner, type Joinable } from './oom-joiner.ts';
import { parseMessage } from './parse.ts';

export interface NormalizeInputOptions {
  /** `transport` `tcp` or `udp` (default); `datagrams: 1`: the whole input is one datagram, else one per line. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly inventory?: Inventory;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/** Reads recorded bytes as the running service would, and says what comes of them: `proxmox-mcp normalize syslog FILE`. */
export function normalizeInput(raw: Buffer, options: NormalizeInputOptions): NormalizeResult {
  const { context = {}, inventory = Inventory.parse({}), receivedAt } = options;
  const index = createHostIndex(inventory.sources);
  const cut = context['transport'] === 'tcp' ? cutStream(raw) : cutDatagrams(raw, context['datagrams'] === 1);
  const results: NormalizeResult[] = [];
  const settle = (items: readonly Joinable<undefined>[]) => {
    for (const { message } of items) results.push(normalizeMessage(message, index, receivedAt));
  };
  const joiner = createOomJoiner<undefined>(() => undefined);
  for (const { bytes, oversize } of cut.frames) {
    const parsed = oversize ? { ignore: true as const, reason: 'oversize' } : parseMessage(bytes);
    if ('ignore' in parsed) results.push(parsed);
    else if ('reject' in parsed) results.push({ reject: true, reason: parsed.reject });
    else {
      const host = index.find(parsed.host);
      if (host === undefined) results.push({ reject: true, reason: 'unknown-host' });
      else settle(joiner.offer({ message: { parsed, host }, tag: undefined }, receivedAt));
    }
  }
  settle(joiner.release());
  return summarize(results, cut.fault);
}

interface Cut {
  readonly frames: readonly { readonly bytes: Buffer; readonly oversize: boolean }[];
  readonly fault: string | undefined;
}

function cutStream(raw: Buffer): Cut {
  const framer = createFramer();
  const frames = [...framer.push(raw), ...framer.end()];
  return { frames, fault: framer.fault };
}

/** One datagram is one message, even with a line feed inside: a split would let a sender forge a second one. */
function cutDatagrams(raw: Buffer, whole: boolean): Cut {
  const datagrams = whole ? [raw] : splitLines(raw);
  const frames = datagrams.map((bytes) => ({ bytes, oversize: bytes.length > SYSLOG_MAX_LINE_BYTES }));
  return { frames, fault: undefined };
}

function splitLines(raw: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < raw.length;) {
    const at = raw.indexOf(0x0a, from);
    const end = at < 0 ? raw.length : at;
    if (end > from) lines.push(raw.subarray(from, end));
    from = end + 1;
  }
  return lines;
}

/** One answer for all messages of the input: events if there are any, else the refusal, else the noise. */
function summarize(results: readonly NormalizeResult[], fault: string | undefined): NormalizeResult {
  const closing = fault === undefined ? {} : { close_connection: true };
  const events: EventDraft[] = results.flatMap((result) => ('events' in result ? result.events : []));
  const refused = results.filter((result) => 'reject' in result);
  if (events.length > 0) {
    return { events, ...(refused.length === 0 ? {} : { rejected: refused.length }), ...closing };
  }
  if (fault !== undefined) return { reject: true, reason: fault, ...closing };
  return refused[0] ?? results.find((result) => 'ignore' in result) ?? { reject: true, reason: 'empty' };
}
