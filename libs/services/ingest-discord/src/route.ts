import type { HostIndex, NotificationRoute } from '@proxmox-mcp/proxmox-events';
import type { Refused } from './parse.ts';

/** `discord.channels` of `config/inventory.yaml`: channel → sources. */
export type ChannelSources = Readonly<Record<string, readonly string[]>>;

/** Whose notifications come to a channel: those the operator gave it; anybody's whom we know where it was given none. */
export function routeOf(
  channelId: string,
  index: HostIndex,
  channels: ChannelSources,
): NotificationRoute | Refused {
  const ids = Object.hasOwn(channels, channelId) ? channels[channelId] : undefined;
  const [first, ...others] = ids?.flatMap((id) => index.bySource(id) ?? []) ?? index.sources;
  if (first !== undefined) return { sources: [first, ...others] };
  const detail =
    ids === undefined
      ? 'no Proxmox host is known; set PVE_NODES or PBS_NODES'
      : `discord.channels in config/inventory.yaml names sources for ${channelId} that do not exist`;
  return { reject: true, reason: 'unknown-source', detail };
}
