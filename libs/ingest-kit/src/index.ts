export { createIngestLine } from './ingest-line.ts';
export type { IngestInput, IngestLine, IngestLineOptions, Ingested } from './ingest-line.ts';
export { finishEvent } from './finish-event.ts';
export type { FinishOptions } from './finish-event.ts';
export { redact } from './redact.ts';
