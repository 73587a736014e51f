export { checkMailboxes } from './check-mailboxes.ts';
export { EmailConfig } from './config.ts';
export { ingestEmail } from './ingest-email.ts';
export { normalizeInput } from './normalize-input.ts';
export type { NormalizeInputOptions } from './normalize-input.ts';
