export { describeWithDovecot } from './describe-with-dovecot.ts';
export { findDovecot, startDovecot } from './dovecot.ts';
export type { Dovecot, DovecotOptions, DovecotProgram } from './dovecot.ts';
export { openTcpProxy } from './tcp-proxy.ts';
export type { TcpProxy } from './tcp-proxy.ts';
