export { ingestWebhook } from './ingest-webhook.ts';
export { WebhookConfig } from './config.ts';
export { normalizeInput } from './normalize-input.ts';
export type { NormalizeInputOptions } from './normalize-input.ts';
export { openTrialReceiver } from './trial-receiver.ts';
export type { TrialOptions } from './trial-receiver.ts';
export type { Reading } from './normalize.ts';
export type { WebhookSource } from './source.ts';
