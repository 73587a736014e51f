import type { HostIndex, NotificationRoute } from '@proxmox-mcp/proxmox-events';
import type { Refused } from './parse.ts';

/** `discord.channels` of `config/inventory.yaml`: channel → sources. */
export type ChannelSources = Readonly<Record<string, readonly string[]>>;

/** Whose notifications come to a channel: those the operator gave it, else anybody's whom we know. */
export function routeOf(
  channelId: string,
  index: HostIndex,
  channels: ChannelSources,
): NotificationRoute | Refused {
  const ids = Object.hasOwn(channels, channelId) ? (channels[channelId] ?? []) : [];
  const given = ids.map((id) => index.bySource(id)).filter((source) => source !== undefined);
  const [first, ...others] = given.length > 0 ? given : index.sources;
  if (first !== undefined) return { sources: [first, ...others] };
  const detail =
    'no Proxmox host is known; set PVE_NODES or PBS_NODES, or discord.channels in config/inventory.yaml';
  return { reject: true, reason: 'unknown-source', detail };
}
