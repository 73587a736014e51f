export { ingestWebsocket, createIngestWebsocket } from './ingest-websocket.ts';
export type { OpenPort } from './ingest-websocket.ts';
export { IngestWebsocketConfig } from './config.ts';
export type { PvePort } from './pve/pve-port.ts';
export type { PbsPort } from './pbs/pbs-port.ts';
export { POLLS } from './polls/table.ts';
export type { PollAbout } from './polls/poll.ts';
