export { createCorrelator } from './correlator.ts';
export type { Correlated, Correlator } from './correlator.ts';
export { createRehearsal } from './rehearsal.ts';
export type { Rehearsal, Rehearsed } from './rehearsal.ts';
export { RULES, RulesYaml } from './rules/index.ts';
export type { Rule } from './rules/rule.ts';
export type { RulesFile } from './rules/settings.ts';
export { state } from './service.ts';
