export type { HostAuth, HostConfig, HostTls } from './host.ts';
export { bool, httpUrl, int, isSecret, list, oneOf, port, secret, text } from './fields.ts';
