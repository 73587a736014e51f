/**
 * Most bytes of a mail that are read. proxmox-notify stops at 1 MiB of log, carries it twice (text and HTML) and may base64 both.
 * IMAP fetches no more, and the SMTP receiver announces it as its SIZE.
 */
export const MAX_MAIL_BYTES = 8 * 1024 * 1024;
/** Most characters of text taken out of a mail. */
export const MAX_TEXT_CHARS = 2 * 1024 * 1024;
/** Largest header block of the mail or of one part. */
export const MAX_HEADER_BYTES = 256 * 1024;
/** Most MIME parts; their nesting is bounded by it too. */
export const MAX_PARTS = 100;
/** Header values are kept up to this length. */
export const MAX_HEADER_CHARS = 2_000;
