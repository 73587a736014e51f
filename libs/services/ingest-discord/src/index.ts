export { createIngestDiscord, ingestDiscord } from './ingest-discord.ts';
export { IngestDiscordConfig } from './config.ts';
export { checkDiscord } from './check-discord.ts';
export { normalizeInput } from './normalize-input.ts';
export type { NormalizeInputOptions } from './normalize-input.ts';
