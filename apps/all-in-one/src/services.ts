import { diagnostics } from '@proxmox-mcp/diagnostics';
import { ingestGotify } from '@proxmox-mcp/ingest-gotify';
import { ingestNtfy } from '@proxmox-mcp/ingest-ntfy';
import { ingestDiscord } from '@proxmox-mcp/ingest-discord';
import { ingestEmail } from '@proxmox-mcp/ingest-email';
import { ingestSyslog } from '@proxmox-mcp/ingest-syslog';
import { ingestWebhook } from '@proxmox-mcp/ingest-webhook';
import { ingestWebsocket } from '@proxmox-mcp/ingest-websocket';
import { mcpGatewayService } from '@proxmox-mcp/mcp-gateway';
import { notifier } from '@proxmox-mcp/notifier';
import type { ServiceDefinition } from '@proxmox-mcp/service-kit';
import { state } from '@proxmox-mcp/state';

/** Every service there is, in the order data flows. */
export const SERVICES: readonly ServiceDefinition[] = [
  ingestWebsocket,
  ingestSyslog,
  ingestWebhook,
  ingestGotify,
  ingestNtfy,
  ingestDiscord,
  ingestEmail,
  state,
  diagnostics,
  notifier,
  mcpGatewayService,
];

/** Thrown for a word of SERVICES that names no service. */
export class UnknownServiceError extends Error {
  override readonly name = 'UnknownServiceError';
}

/** The services a list names; `all`, empty or absent is every one. @throws {UnknownServiceError} */
export function chooseServices(list: string | undefined): readonly ServiceDefinition[] {
  const words = (list ?? '').split(',').map((word) => word.trim().toLowerCase());
  const wanted = words.filter((word) => word !== '');
  if (wanted.length === 0 || wanted.includes('all')) return SERVICES;
  const unknown = wanted.filter((word) => !SERVICES.some((service) => service.name === word));
  if (unknown.length > 0) {
    const names = SERVICES.map((service) => service.name).join(', ');
    throw new UnknownServiceError(`SERVICES: unknown ${unknown.join(', ')}; there are all, ${names}`);
  }
  return SERVICES.filter((service) => wanted.includes(service.name));
}
