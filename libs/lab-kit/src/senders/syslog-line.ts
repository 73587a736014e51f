import type { LabSyslogLine } from '../world/listener.ts';

/** The three headers that rsyslog's built-in forwarding templates write. */
export type SyslogTemplate =
  /** RSYSLOG_TraditionalForwardFormat, the default of `*.* @host`: local time without year and zone. */
  | 'traditional'
  /** RSYSLOG_ForwardFormat: RFC 3339 time in an otherwise traditional header. */
  | 'forward'
  /** RSYSLOG_SyslogProtocol23Format: RFC 5424. */
  | 'rfc5424';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MAX_TAG = 32;

/** Writes one line as rsyslog sends it, without framing. @param timeZone IANA zone of the node's clock. */
export function renderSyslogLine(line: LabSyslogLine, template: SyslogTemplate, timeZone = 'UTC'): string {
  const text = escapeControls(line.text);
  const tag = `${line.tag}[${line.pid}]:`.slice(0, MAX_TAG);
  const local = localParts(line.at, timeZone);
  switch (template) {
    case 'traditional': {
      const month = MONTHS[Number(local.month) - 1];
      const day = String(Number(local.day)).padStart(2, ' ');
      return `<${line.pri}>${month} ${day} ${local.time} ${line.node} ${tag} ${text}`;
    }
    case 'forward':
      return `<${line.pri}>${rfc3339(line.at, timeZone)} ${line.node} ${tag} ${text}`;
    case 'rfc5424':
      // Two blanks: rsyslog keeps the one that stood behind the tag.
      return `<${line.pri}>1 ${rfc3339(line.at, timeZone)} ${line.node} ${line.tag} ${line.pid} - -  ${text}`;
  }
}

/** rsyslog's default: control characters as `#` and three octal digits, so that a message stays one line. */
function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => `#${(c.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`);
}

/** `2026-03-14T14:29:10.551020+01:00`. */
function rfc3339(at: number, timeZone: string): string {
  const local = localParts(at, timeZone);
  const micros = String(Math.floor(at) % 1_000).padStart(3, '0') + '000';
  return `${local.year}-${local.month}-${local.day}T${local.time}.${micros}${offset(at, timeZone)}`;
}

/** `+01:00`. */
export function offset(at: number, timeZone: string): string {
  const local = localParts(at, timeZone);
  const asUtc = Date.parse(`${local.year}-${local.month}-${local.day}T${local.time}Z`);
  const minutes = Math.round((asUtc - Math.floor(at / 1_000) * 1_000) / 60_000);
  const abs = Math.abs(minutes);
  const pad = (n: number) => String(n).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(abs / 60))}:${pad(abs % 60)}`;
}

/** Two-digit parts of a moment on the wall of a zone. */
export function localParts(at: number, timeZone: string) {
  // sv-SE writes `2026-03-14 02:07:31`.
  const text = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone }).format(
    at,
  );
  return {
    year: text.slice(0, 4),
    month: text.slice(5, 7),
    day: text.slice(8, 10),
    time: text.slice(11, 19),
  };
}
