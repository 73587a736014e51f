import { bool, int, oneOf, port, text } from '@proxmox-mcp/config';
import * as z from 'zod';
import { SYSLOG_RECEIVE_BUFFER_BYTES } from './limits.ts';

/** Header formats that can be asked for; `auto` and `proxmox` read whatever PVE and PBS hosts and their relays send. */
export const PARSE_FORMATS = ['auto', 'proxmox', 'rfc3164', 'rfc5424'] as const;
export type ParseFormat = (typeof PARSE_FORMATS)[number];

const Shape = z.object({
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
  EVENT_SYSLOG_RECEIVE_BUFFER_BYTES: int(4_096, 1_073_741_824)
    .default(SYSLOG_RECEIVE_BUFFER_BYTES)
    .describe(
      'Bytes of UDP lines the kernel is asked to hold while we are busy; it grants at most net.core.rmem_max',
    ),
  EVENT_SYSLOG_TLS_CERT_FILE: text()
    .optional()
    .describe(
      'Certificate (PEM, with its chain) for syslog over TLS; unset: no TLS. A renewed file is taken up within half a minute',
    ),
  EVENT_SYSLOG_TLS_KEY_FILE: text().optional().describe('Private key (PEM) of EVENT_SYSLOG_TLS_CERT_FILE'),
  EVENT_SYSLOG_TLS_CA_FILE: text()
    .optional()
    .describe(
      'Authorities (PEM) that sign the senders’ certificates; set: a sender without such a certificate is refused',
    ),
  EVENT_SYSLOG_TLS_LISTEN_HOST: text()
    .optional()
    .describe('Address to listen on with TLS; unset: EVENT_SYSLOG_LISTEN_HOST'),
  EVENT_SYSLOG_TLS_PORT: port().default(6514).describe('TCP port of syslog over TLS; 0 takes a free one'),
});

export const SyslogConfig = Shape.superRefine((config, ctx) => {
  const need = (key: keyof typeof config, because: string) =>
    ctx.addIssue({ code: 'custom', path: [key], message: `missing, but ${because} is set` });
  if (config.EVENT_SYSLOG_TLS_CERT_FILE !== undefined && config.EVENT_SYSLOG_TLS_KEY_FILE === undefined) {
    need('EVENT_SYSLOG_TLS_KEY_FILE', 'EVENT_SYSLOG_TLS_CERT_FILE');
  }
  for (const key of ['EVENT_SYSLOG_TLS_KEY_FILE', 'EVENT_SYSLOG_TLS_CA_FILE'] as const) {
    if (config[key] !== undefined && config.EVENT_SYSLOG_TLS_CERT_FILE === undefined) {
      need('EVENT_SYSLOG_TLS_CERT_FILE', key);
    }
  }
});
export type SyslogConfig = z.infer<typeof SyslogConfig>;
