export type { HostAuth, HostConfig, HostTls } from './host.ts';
