export { startGateway } from './start-gateway.ts';
export type { TestGateway } from './start-gateway.ts';
export { answerHistory, event, fact, incident, publishEvent, seedFleet } from './fleet.ts';
export { answerPeople, receipt, seedReceipts } from './people.ts';
export type { Asked } from './people.ts';
export type { ExtraFeatures } from '../mcp/server-factory.ts';
