import { stripControls } from './text.ts';

/** Text from outside after cleaning. */
export interface CleanText {
  readonly text: string;
  /** Something had to be taken out, or bytes did not decode. */
  readonly sanitized: boolean;
}

/**
 * Strips controls and bidi overrides from text of strangers (PROXMOX §G.6). Windows line ends and a leading byte order mark
 * go without being held against the sender.
 */
export function cleanText(raw: string): CleanText {
  const plain = raw.replaceAll('\r\n', '\n').replace(/^\uFEFF/, '');
  const text = stripControls(plain);
  return { text, sanitized: text !== plain || text.includes('\uFFFD') };
}

/** One line with single blanks: Proxmox titles carry leading, doubled and trailing ones (PROXMOX, rule 8). */
export function tidyLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Takes off the Markdown fence that Gotify and Discord targets wrap a message in. */
export function stripFence(message: string): string {
  const trimmed = message.trim();
  if (!trimmed.startsWith('```')) return message;
  const closed = trimmed.length >= 6 && trimmed.endsWith('```');
  return trimmed.slice(3, closed ? -3 : undefined).replace(/^ /, '');
}
