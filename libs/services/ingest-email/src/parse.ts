import { hash } from 'node:crypto';
import type {
  AddressObject,
  HeaderLines,
  Headers,
  MailParserOptions,
  MessageText,
  StructuredHeader,
} from 'mailparser';
import { OWN_NOTIFICATION } from '@proxmox-mcp/schemas';
import { htmlText } from './html-text.ts';
import { MAX_HEADER_BYTES, MAX_HEADER_CHARS, MAX_MAIL_BYTES, MAX_PARTS, MAX_TEXT_CHARS } from './limits.ts';
import { parseMailDate } from './parse-mail-date.ts';

export interface MailAddress {
  /** Display name; `''` where there is none. */
  readonly name: string;
  /** Lower case. */
  readonly address: string;
}

/** What a mail says, in the vocabulary of mail. Everything in it is text of strangers. */
export interface ParsedMail {
  readonly subject: string;
  /** Every address of every `From`; a mail of ours has one. */
  readonly from: readonly MailAddress[];
  readonly messageId?: string;
  /** `Date`, epoch seconds; absent where it is missing or cannot be read. */
  readonly date?: number;
  /** The text part, or the text of the HTML part where there is no other. Line feeds only. */
  readonly text: string;
  /** Of the mail itself, lower case: `multipart/alternative`, `multipart/report`… */
  readonly contentType: string;
  readonly authenticationResults: readonly string[];
  /** `Received` of the first hop, which is the last one in the mail. */
  readonly firstHop?: string;
  readonly autoSubmitted: string;
  /** It answers another mail: `In-Reply-To` or `References`. */
  readonly isReply: boolean;
  /** Our own notifier wrote it. */
  readonly isOwnNotification: boolean;
  /** A whole mail is attached. It is never looked into. */
  readonly hasEmbeddedMail: boolean;
  /** Cut by us, or by whoever stored it: its last boundary is missing. */
  readonly truncated: boolean;
}

/** A mail that says nothing that could be read. */
export interface UnreadableMail {
  readonly reject: true;
  readonly reason: 'empty' | 'unparseable';
  readonly detail?: string;
}

const OPTIONS: MailParserOptions = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipTextLinks: true,
  skipImageLinks: true,
  checksumAlgo: false,
  // Evidence is what a host sent, not what somebody attached.
  ignoreEmbedded: true,
  maxHeadSize: MAX_HEADER_BYTES,
  maxChildNodes: MAX_PARTS,
};

/**
 * Reads a mail of RFC 5322 as it was stored or received, with CRLF or LF. Attachments are skipped and never unpacked; what
 * does not decode becomes U+FFFD. Does not throw for bad input.
 *
 * @param options.truncated the caller has cut it already.
 */
export async function parseMail(
  raw: Buffer,
  options: { readonly truncated?: boolean } = {},
): Promise<ParsedMail | UnreadableMail> {
  const bytes = withoutEnvelopeLine(raw.subarray(0, MAX_MAIL_BYTES));
  if (bytes.every((byte) => byte <= 0x20)) return { reject: true, reason: 'empty' };
  let parts: MailParts;
  try {
    parts = await readParts(bytes);
  } catch (err) {
    const detail = err instanceof Error ? err.message.slice(0, 200) : 'not a mail';
    return { reject: true, reason: 'unparseable', detail };
  }
  const { headers, lines } = parts;
  if (lines.length === 0) return { reject: true, reason: 'unparseable', detail: 'no header' };
  const body = await textOf(parts);
  const messageId = headerText(headers.get('message-id'));
  const date = parseMailDate(valueOf(lines, 'date'));
  const received = lines.filter(({ key }) => key === 'received').at(-1)?.line;
  const { type, boundary } = contentTypeOf(headers);
  return {
    subject: headerText(headers.get('subject')),
    from: addressesOf(headers, lines),
    ...(messageId === '' ? {} : { messageId }),
    ...(date === undefined ? {} : { date }),
    text: body.text,
    contentType: type,
    authenticationResults: lines
      .filter(({ key }) => key === 'authentication-results')
      .map(({ line }) => line.slice(0, MAX_HEADER_CHARS)),
    ...(received === undefined ? {} : { firstHop: received.slice(0, MAX_HEADER_CHARS) }),
    autoSubmitted: headerText(headers.get('auto-submitted')).toLowerCase(),
    isReply: headers.has('in-reply-to') || headers.has('references'),
    isOwnNotification: headers.has(OWN_NOTIFICATION.mailHeader.toLowerCase()),
    hasEmbeddedMail: parts.hasEmbeddedMail,
    truncated:
      options.truncated === true ||
      raw.length > MAX_MAIL_BYTES ||
      body.truncated ||
      (boundary !== undefined && !bytes.includes(`--${boundary}--`)),
  };
}

/** What makes two copies of a mail without Message-ID the same mail. */
export function contentHash({ subject, from, date, text }: ParsedMail): string {
  return hash('sha256', JSON.stringify([subject, from, date ?? null, text]), 'base64url');
}

interface MailParts {
  readonly headers: Headers;
  readonly lines: HeaderLines;
  readonly text: MessageText | undefined;
  readonly hasEmbeddedMail: boolean;
}

async function readParts(bytes: Buffer): Promise<MailParts> {
  // Imported here, so that a process that never gets a mail starts without the library.
  const { MailParser } = await import('mailparser');
  const parser = new MailParser(OPTIONS);
  let headers: Headers = new Map();
  let lines: HeaderLines = [];
  let text: MessageText | undefined;
  let hasEmbeddedMail = false;
  return new Promise((resolve, reject) => {
    parser.on('headers', (found) => (headers = found));
    parser.on('headerLines', (found) => (lines = found));
    parser.on('data', (part) => {
      if (part.type === 'text') return void (text = part);
      hasEmbeddedMail ||= part.contentType === 'message/rfc822';
      part.content.on('error', reject).resume();
      part.release?.();
    });
    parser.on('error', reject);
    parser.on('end', () => resolve({ headers, lines, text, hasEmbeddedMail }));
    parser.end(bytes);
  });
}

async function textOf({ text }: MailParts): Promise<{ readonly text: string; readonly truncated: boolean }> {
  const plain = text?.text ?? '';
  const isBlank = plain.trim() === '';
  const found = isBlank && text?.html !== undefined ? await htmlText(text.html) : undefined;
  const all = (found?.text ?? plain).replaceAll('\r\n', '\n');
  return {
    text: all.slice(0, MAX_TEXT_CHARS),
    truncated: found?.truncated === true || all.length > MAX_TEXT_CHARS,
  };
}

/** Mailboxes in mbox format put `From root@pve1 Sat Mar 14 …` before the mail. */
function withoutEnvelopeLine(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, 5).equals(Buffer.from('From '))) return bytes;
  const end = bytes.indexOf('\n');
  return end < 0 ? bytes : bytes.subarray(end + 1);
}

function addressesOf(headers: Headers, lines: HeaderLines): MailAddress[] {
  // mailparser makes this of every address header.
  const from = headers.get('from') as AddressObject | undefined;
  const addresses = (from?.value ?? []).flatMap((entry) => entry.group ?? [entry]);
  // The parser keeps the first of several; a mail with two senders has none that can be believed.
  const copies = Math.max(1, lines.filter(({ key }) => key === 'from').length);
  return Array.from({ length: Math.min(copies, 2) }, () => addresses)
    .flat()
    .map(({ name, address }) => ({
      name: name.slice(0, MAX_HEADER_CHARS),
      address: (address ?? '').slice(0, 320).toLowerCase(),
    }));
}

function contentTypeOf(headers: Headers): { readonly type: string; readonly boundary?: string } {
  // mailparser makes this of Content-Type.
  const header = headers.get('content-type') as StructuredHeader | undefined;
  const type = header?.value.toLowerCase() ?? 'text/plain';
  const boundary = type.startsWith('multipart/') ? header?.params['boundary'] : undefined;
  return { type, ...(boundary === undefined || boundary === '' ? {} : { boundary }) };
}

function valueOf(lines: HeaderLines, key: string): string {
  const line = lines.find((candidate) => candidate.key === key)?.line ?? '';
  return line.slice(line.indexOf(':') + 1, MAX_HEADER_CHARS);
}

function headerText(value: unknown): string {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first.slice(0, MAX_HEADER_CHARS).trim() : '';
}
