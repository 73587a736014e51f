export { ingestSyslog } from './ingest-syslog.ts';
export { SyslogConfig } from './config.ts';
export { normalizeInput } from './normalize-input.ts';
export type { NormalizeInputOptions } from './normalize-input.ts';
