import * as z from 'zod';
import { bool, httpUrl, list, text } from './fields.ts';

/** Settings that launchers, the command line and the Compose file read, and no service: here so that they are known and shown. */
export const LauncherSettings = z.object({
  SERVICES: list().optional().describe('One process: which services it runs, by comma. Unset: all.'),
  DEMO: bool()
    .optional()
    .describe('One process: yes starts the pretend lab also beside configured hosts, no never.'),
  LAB_SCENARIO: text().optional().describe('Demo: the scenario to play; nightly-backup-failure when unset.'),
  LAB_SPEED: text().optional().describe('Demo: seconds of the lab per second; 1 when unset.'),
  GATEWAY_URL: httpUrl()
    .optional()
    .describe('Command line: where the gateway is, when not on this machine and port.'),
  ENV_FILE: text().optional().describe('File to read settings from, instead of .env.'),
  PUBLISH_ADDRESS: text()
    .optional()
    .describe('Compose: address of this machine that ports are published on; 127.0.0.1 when unset.'),
  SYSLOG_PORTS: text()
    .optional()
    .describe('Compose: ports that syslog replicas are published on; 5514-5523 when unset.'),
  NATS_SYNC_INTERVAL: text()
    .optional()
    .describe('Compose: how often NATS syncs to disk, e.g. 10s, or always; 2m when unset.'),
});
