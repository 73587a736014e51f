export { diagnostics } from './service.ts';
export { RUNBOOKS } from './runbooks/index.ts';
export type { Runbook } from './runbooks/runbook.ts';
