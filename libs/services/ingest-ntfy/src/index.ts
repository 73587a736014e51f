export { createIngestNtfy, ingestNtfy } from './ingest-ntfy.ts';
export { NtfyConfig } from './config.ts';
export { normalizeInput } from './normalize-input.ts';
export { checkNtfy } from './check-ntfy.ts';
