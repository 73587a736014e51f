export { createIngestLine } from './ingest-line.ts';
export type { IngestInput, IngestLine, IngestLineOptions, Ingested } from './ingest-line.ts';
export { finishEvent } from './finish-event.ts';
export type { FinishOptions } from './finish-event.ts';
export { redact } from './redact.ts';
export { createLiveInventory, mergeSources } from './live-inventory.ts';
export type { LiveInventory, LiveInventoryOptions } from './live-inventory.ts';
export { createSourceReport } from './source-report.ts';
export type { SourceReport, SourceReportOptions } from './source-report.ts';
