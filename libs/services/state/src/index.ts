export { createCorrelator } from './correlator.ts';
export type { Correlated, Correlator } from './correlator.ts';
export { RULES } from './rules/index.ts';
export type { Rule } from './rules/rule.ts';
export { state } from './service.ts';
