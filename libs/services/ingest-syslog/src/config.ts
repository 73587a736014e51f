import { bool, oneOf, port, text } from '@proxmox-mcp/config';
import * as z from 'zod';

/** Header formats that can be asked for; `auto` and `proxmox` read whatever PVE and PBS hosts and their relays send. */
export const PARSE_FORMATS = ['auto', 'proxmox', 'rfc3164', 'rfc5424'] as const;
export type ParseFormat = (typeof PARSE_FORMATS)[number];

export const SyslogConfig = z.object({
  EVENT_SYSLOG_ENABLED: bool()
    .default(true)
    .describe('Receives syslog of the Proxmox hosts (rsyslog forwards it)'),
  EVENT_SYSLOG_LISTEN_HOST: text()
    .default('127.0.0.1')
    .describe(
      'Address to listen on, UDP and TCP. Open it to the hosts with their network’s address or 0.0.0.0',
    ),
  EVENT_SYSLOG_LISTEN_PORT: port().default(5514).describe('UDP and TCP port; 0 takes a free one'),
  EVENT_SYSLOG_PARSE_FORMAT: oneOf(PARSE_FORMATS)
    .default('auto')
    .describe('Header format: auto and proxmox read all that PVE and PBS send, the others one RFC only'),
});
export type SyslogConfig = z.infer<typeof SyslogConfig>;
