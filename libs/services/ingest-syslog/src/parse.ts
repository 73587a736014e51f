import type { ParseFormat } from './config.ts';
import { parseRfc3164 } from './parse-rfc3164.ts';
import { parseRfc5424 } from './parse-rfc5424.ts';
import type { ParsedMessage, Unparsable } from './parsed-message.ts';

/** RFC 5424 §6.2.1: facility 23, severity 7. */
const MAX_PRI = 191;

/**
 * Reads one syslog message: `<PRI>` or none, then the header of RFC 5424, of RFC 3164, or the latter with an RFC 3339 stamp.
 * Bytes that are no UTF-8 become U+FFFD. Linear in the message.
 */
export function parseMessage(raw: Buffer, format: ParseFormat = 'auto'): ParsedMessage | Unparsable {
  const text = withoutTerminator(raw.toString('utf8'));
  if (text.trim() === '') return { reject: 'empty' };
  const pri = readPri(text);
  if ('reject' in pri) return pri;
  const { rest, priority } = pri;
  const modern = format === 'rfc3164' ? undefined : parseRfc5424(rest);
  const header = modern ?? (format === 'rfc5424' ? undefined : parseRfc3164(rest));
  if (header === undefined) return { reject: 'bad-header' };
  return {
    ...header,
    ...(priority === undefined ? {} : { facility: priority >> 3, level: priority & 7 }),
  };
}

/** Some senders end a datagram as they end a line. */
function withoutTerminator(text: string): string {
  let end = text.length;
  for (; end > 0; end--) {
    const code = text.charCodeAt(end - 1);
    if (code !== 10 && code !== 13 && code !== 0) break;
  }
  return end === text.length ? text : text.slice(0, end);
}

function readPri(text: string): { rest: string; priority?: number } | Unparsable {
  if (!text.startsWith('<')) return { rest: text };
  const match = /^<(\d{1,3})>/.exec(text);
  const priority = Number(match?.[1]);
  // 999 >> 3 would index past every table of facilities.
  if (match === null || priority > MAX_PRI) return { reject: 'bad-pri' };
  return { rest: text.slice(match[0].length), priority };
}
