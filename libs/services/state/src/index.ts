export { createCorrelator } from './correlator.ts';
export type { Correlated, Correlator } from './correlator.ts';
export { state } from './service.ts';
