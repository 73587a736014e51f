import { parseAbsoluteStamp, parsePid, type ParsedMessage, type Stamp } from './parsed-message.ts';

/** RFC 5424 §6: VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP; the lengths are the RFC's. */
const HEADER = /^1 (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) /;
const NIL = '-';

/** Reads what follows the PRI by RFC 5424; `undefined` when it is not. Structured data is checked and passed over. */
export function parseRfc5424(text: string): ParsedMessage | undefined {
  const header = HEADER.exec(text.slice(0, 600));
  if (header === null) return undefined;
  const [whole, time = '', host = '', app = '', proc = ''] = header;
  const stamp: Stamp | undefined = time === NIL ? { kind: 'none' } : parseAbsoluteStamp(time);
  const end = endOfStructuredData(text, whole.length);
  if (stamp === undefined || end === undefined) return undefined;
  return {
    stamp,
    host: host === NIL ? '' : host,
    tag: app === NIL ? '' : app,
    ...parsePid(proc),
    // One blank is the separator; rsyslog's own template often writes two. A BOM may announce UTF-8 (§6.4).
    message: text
      .slice(end)
      .replace(/^ {1,8}/, '')
      .replace(/^\uFEFF/, ''),
  };
}

/** Index after `-` or after the last `[…]`; `undefined` when a bracket stays open or something else follows. */
function endOfStructuredData(text: string, from: number): number | undefined {
  if (text[from] === NIL) return isEnd(text, from + 1) ? from + 1 : undefined;
  let at = from;
  while (text[at] === '[') {
    let quoted = false;
    for (at += 1; ; at++) {
      const character = text[at];
      if (character === undefined) return undefined;
      // §6.3.3: inside a value, backslash escapes quote, backslash and bracket.
      if (quoted && character === '\\') at++;
      else if (character === '"') quoted = !quoted;
      else if (character === ']' && !quoted) break;
    }
    at++;
  }
  return at > from && isEnd(text, at) ? at : undefined;
}

function isEnd(text: string, at: number): boolean {
  return at >= text.length || text[at] === ' ';
}
