import { randomBytes } from 'node:crypto';
import type { LabNotification, LabOrigin } from '../world/listener.ts';
import { localParts, offset } from './syslog-line.ts';

/** Who a mail is from and to, and how it left the host. */
export interface MailRoute {
  readonly to: string;
  /** Address configured at an SMTP target; a sendmail target writes as root of the node. */
  readonly from: string;
  /** `smtp`: as the SMTP target writes it. `sendmail`: as the local MTA hands it on. */
  readonly style: 'smtp' | 'sendmail';
  readonly timeZone: string;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MAX_PLAIN_LINE = 998;

/** Writes a notification as the mail a host sends, CRLF and all. The HTML part is the text in a `pre`, as of PBS. */
export function renderMail(origin: LabOrigin, notification: LabNotification, route: MailRoute): string {
  const lines =
    route.style === 'smtp'
      ? smtpLines(origin, notification, route)
      : sendmailLines(origin, notification, route);
  return lines.flatMap((line) => line.split('\n')).join('\r\n') + '\r\n';
}

function smtpLines(origin: LabOrigin, notification: LabNotification, route: MailRoute): string[] {
  const boundary = letters(40);
  return [
    `From: ${author(origin)} <${route.from}>`,
    `To: ${route.to}`,
    `Subject: ${encodeHeader(notification.title)}`,
    'MIME-Version: 1.0',
    `Date: ${mailDate(notification.timestamp * 1_000, route.timeZone)}`,
    'Content-Type: multipart/alternative;',
    ` boundary="${boundary}"`,
    'Auto-Submitted: auto-generated;',
    '',
    `--${boundary}`,
    ...part('Content-Type: text/plain; charset=utf-8', notification.body),
    `--${boundary}`,
    ...part('Content-Type: text/html; charset=utf-8', htmlOf(notification.body)),
    `--${boundary}--`,
  ];
}

function sendmailLines(origin: LabOrigin, notification: LabNotification, route: MailRoute): string[] {
  const boundary = `----_=_NextPart_002_${notification.timestamp}`;
  const date = mailDate(notification.timestamp * 1_000, route.timeZone);
  const queueId = randomBytes(5).toString('hex').toUpperCase();
  return [
    `Return-Path: <root@${origin.fqdn}>`,
    `Received: by ${origin.fqdn} (Postfix, from userid 0)`,
    `\tid ${queueId}; ${date}`,
    'Content-Type: multipart/alternative;',
    `\tboundary="${boundary}"`,
    'MIME-Version: 1.0',
    `Subject: ${encodeHeader(notification.title)}`,
    `From: ${author(origin)} <root@${origin.fqdn}>`,
    `To: ${route.to}`,
    `Date: ${date}`,
    'Auto-Submitted: auto-generated;',
    `Message-Id: <${notification.timestamp}.${queueId}@${origin.fqdn}>`,
    '',
    'This is a multi-part message in MIME format.',
    '',
    `--${boundary}`,
    ...part('Content-Type: text/plain;\n\tcharset="UTF-8"', notification.body),
    `--${boundary}`,
    ...part('Content-Type: text/html;\n\tcharset="UTF-8"', htmlOf(notification.body)),
    `--${boundary}--`,
  ];
}

function author(origin: LabOrigin): string {
  return origin.product === 'pve' ? 'Proxmox VE' : `Proxmox Backup Server - ${origin.node}`;
}

function part(contentType: string, text: string): string[] {
  const isPlain = isAscii(text) && text.split('\n').every((line) => line.length <= MAX_PLAIN_LINE);
  if (isPlain) return [contentType, 'Content-Transfer-Encoding: 7bit', '', text];
  const base64 = Buffer.from(text, 'utf8').toString('base64').replace(/.{76}/g, '$&\n');
  return [contentType, 'Content-Transfer-Encoding: base64', '', base64];
}

function htmlOf(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#x27;',
    '`': '&#x60;',
    '=': '&#x3D;',
  };
  return `<html><body><pre>\n${text.replace(/[&<>"'`=]/g, (c) => entities[c] ?? c)}</pre></body></html>`;
}

/** RFC 2047 B, where the title is not ASCII. A word holds at most 75 characters, so 42 bytes of text. */
function encodeHeader(title: string): string {
  if (isAscii(title)) return title;
  const words: string[] = [];
  let word = '';
  for (const character of title) {
    if (Buffer.byteLength(word + character) > 42) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  words.push(word);
  return words.map((text) => `=?UTF-8?B?${Buffer.from(text, 'utf8').toString('base64')}?=`).join('\n ');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 126) return false;
  return true;
}

/** `Sat, 14 Mar 2026 02:07:31 +0100`. */
function mailDate(at: number, timeZone: string): string {
  const { year, month, day, time } = localParts(at, timeZone);
  const weekday = DAYS[new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDay()];
  return `${weekday}, ${day} ${MONTHS[Number(month) - 1]} ${year} ${time} ${offset(at, timeZone).replace(':', '')}`;
}

function letters(count: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from(randomBytes(count), (byte) => alphabet[byte % alphabet.length]).join('');
}
