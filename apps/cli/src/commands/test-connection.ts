import { parseArgs } from 'node:util';
import { loadSettings, SettingsError, type LoadedSettings } from '@proxmox-mcp/config';
import { checkDiscord, ingestDiscord, type IngestDiscordConfig } from '@proxmox-mcp/ingest-discord';
import { ingestEmail, type EmailConfig } from '@proxmox-mcp/ingest-email';
import { checkGotify, ingestGotify, type GotifyConfig } from '@proxmox-mcp/ingest-gotify';
import { checkNtfy, ingestNtfy, type NtfyConfig } from '@proxmox-mcp/ingest-ntfy';
import { ingestSyslog } from '@proxmox-mcp/ingest-syslog';
import { ingestWebhook } from '@proxmox-mcp/ingest-webhook';
import { ingestWebsocket } from '@proxmox-mcp/ingest-websocket';
import { mcpGatewayService } from '@proxmox-mcp/mcp-gateway';
import { notifier, type NotifierConfig } from '@proxmox-mcp/notifier';
import { checkLine, type Check } from '../checks/check.ts';
import { checkChannels } from '../checks/check-channel.ts';
import { checkHost } from '../checks/check-host.ts';
import { checkMail } from '../checks/check-mail.ts';
import { checkPort } from '../checks/check-port.ts';
import type { Command } from '../command.ts';

const ALL_GOOD = '🎉 All nodes and IO modules are reachable and ready!';

/** Where a way in listens: service, and the settings of host and port. */
interface Listening {
  readonly service: string;
  readonly host: string;
  readonly port: string;
  /** Setting without which the port is not opened. */
  readonly when?: string;
  /** Setting of the host where its own is unset. */
  readonly otherwiseHost?: string;
}

const PORTS: readonly Listening[] = [
  { service: ingestSyslog.name, host: 'EVENT_SYSLOG_LISTEN_HOST', port: 'EVENT_SYSLOG_LISTEN_PORT' },
  {
    service: ingestSyslog.name,
    host: 'EVENT_SYSLOG_TLS_LISTEN_HOST',
    port: 'EVENT_SYSLOG_TLS_PORT',
    when: 'EVENT_SYSLOG_TLS_CERT_FILE',
    otherwiseHost: 'EVENT_SYSLOG_LISTEN_HOST',
  },
  { service: ingestWebhook.name, host: 'WEBHOOK_HOST', port: 'WEBHOOK_PORT' },
  { service: mcpGatewayService.name, host: 'GATEWAY_HOST', port: 'GATEWAY_PORT' },
];

/** Settings, hosts, ways in and channels, each with the fix where it fails. */
export const testConnection: Command = {
  name: 'test-connection',
  usage: '[--json] [--send]',
  summary: 'checks settings, every host (TLS, credentials, privileges, clock), every way in and channel',
  async run({ args, env, print, complain, signal }) {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, send: { type: 'boolean' } },
    });
    const owners = [
      ingestWebsocket,
      ingestSyslog,
      ingestWebhook,
      ingestEmail,
      ingestGotify,
      ingestNtfy,
      ingestDiscord,
      notifier,
      mcpGatewayService,
    ];
    let settings;
    try {
      settings = loadSettings(owners, { env });
    } catch (err) {
      if (!(err instanceof SettingsError)) throw err;
      for (const { key, message } of err.faults)
        complain(checkLine({ status: 'failed', what: key, cause: message }));
      return 2;
    }
    const checks: Check[] = [{ status: 'passed', what: 'settings: understood' }];
    checks.push(...settings.notices.map((notice): Check => ({ status: 'warned', what: notice })));
    if (settings.hosts.length === 0) {
      checks.push({
        status: 'failed',
        what: 'no Proxmox host is configured',
        fix: 'set PVE_NODES and PVE1_HOST…, see .env.example',
      });
    }
    const adminUrl = `http://${settings.common.ADMIN_HOST}:${settings.common.ADMIN_PORT}`;
    const ports = PORTS.flatMap(({ service, host, port, when, otherwiseHost = host }) => {
      const own = settings.values.get(service) ?? {};
      if (settings.disabled.has(service) || (when !== undefined && own[when] === undefined)) return [];
      const address = String(own[host] ?? own[otherwiseHost]);
      return [checkPort({ service, host: address, port: Number(own[port]), key: port, adminUrl })];
    });
    // Parsed once by each service's own schema; the map only forgets the type.
    const channels = checkChannels(
      settings.values.get(notifier.name) as NotifierConfig,
      values.send === true,
    );
    const found = await Promise.all([
      ...settings.hosts.map((host) => checkHost(host, signal)),
      Promise.all(ports),
      ...checkServers(settings, { adminUrl, signal }),
      channels,
    ]);
    checks.push(...found.flat());
    const passed = checks.every((check) => check.status !== 'failed');
    if (values.json === true) print(JSON.stringify({ passed, checks }, undefined, 2));
    else {
      for (const check of checks) print(checkLine(check));
      if (passed) print(ALL_GOOD);
    }
    return passed ? 0 : 1;
  },
};

/** Servers that ways in read from, where they are on. */
function checkServers(
  { values, disabled, inventory }: LoadedSettings,
  { adminUrl, signal }: { readonly adminUrl: string; readonly signal: AbortSignal },
): Promise<Check[]>[] {
  const isOn = (name: string) => !disabled.has(name) && values.has(name);
  return [
    // Parsed once by the services' own schemas; the map only forgets the types.
    ...(isOn(ingestEmail.name)
      ? [checkMail(values.get(ingestEmail.name) as EmailConfig, inventory, { adminUrl, signal })]
      : []),
    ...(isOn(ingestGotify.name) ? [checkGotify(values.get(ingestGotify.name) as GotifyConfig, signal)] : []),
    ...(isOn(ingestNtfy.name) ? [checkNtfy(values.get(ingestNtfy.name) as NtfyConfig, signal)] : []),
    ...(isOn(ingestDiscord.name)
      ? [checkDiscord(values.get(ingestDiscord.name) as IngestDiscordConfig, inventory, signal)]
      : []),
  ];
}
