export { describeWithRsyslog } from './describe-with-rsyslog.ts';
export { findRsyslog } from './find-rsyslog.ts';
export type { NoRsyslog, RsyslogProgram } from './find-rsyslog.ts';
export { startRsyslog } from './start-rsyslog.ts';
export type { Rsyslog, StartRsyslogOptions } from './start-rsyslog.ts';
