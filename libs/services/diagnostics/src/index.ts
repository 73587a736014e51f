export { diagnostics } from './service.ts';
export { RUNBOOKS } from './runbooks/runbooks.ts';
export type { Runbook } from './runbooks/runbook.ts';
