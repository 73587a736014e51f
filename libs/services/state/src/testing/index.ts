export { fillIncidents, type FillOptions } from './fill-incidents.ts';
export { startState, type StartOptions } from './start-state.ts';
