export { ingestWebhook } from './ingest-webhook.ts';
export { WebhookConfig } from './config.ts';
export { normalizeInput } from './normalize-input.ts';
export type { NormalizeInputOptions } from './normalize-input.ts';
