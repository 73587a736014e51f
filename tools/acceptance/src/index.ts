export type { AcceptancePoint, Verdict } from './point.ts';
export { jestVerdict, lastLine, runCommand } from './run-command.ts';
export type { Ended } from './run-command.ts';
export { benchVerdict } from './bench-verdict.ts';
