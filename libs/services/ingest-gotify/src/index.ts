export { createIngestGotify, ingestGotify } from './ingest-gotify.ts';
export { GotifyConfig } from './config.ts';
export { normalizeInput } from './normalize-input.ts';
export { checkGotify } from './check-gotify.ts';
