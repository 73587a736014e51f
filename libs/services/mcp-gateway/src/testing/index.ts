export { startGateway } from './start-gateway.ts';
export type { TestGateway } from './start-gateway.ts';
export { answerHistory, event, publishEvent, seedFleet } from './fleet.ts';
export type { ExtraFeatures } from '../mcp/server-factory.ts';
