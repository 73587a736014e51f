import { sourcesOfRoute, type NoSources, type RouteSources } from '@proxmox-mcp/ingest-kit';
import type { HostIndex } from '@proxmox-mcp/proxmox-events';

/** `discord.channels` of `config/inventory.yaml`: channel → sources. */
export type ChannelSources = Readonly<Record<string, readonly string[]>>;

/** Whose notifications come to a channel: those the operator gave it; anybody's whom we know where it was given none. */
export function routeOf(
  channelId: string,
  index: HostIndex,
  channels: ChannelSources,
): { readonly sources: RouteSources } | NoSources {
  const ids = Object.hasOwn(channels, channelId) ? channels[channelId] : undefined;
  const sources = sourcesOfRoute(ids, index, `discord.channels.${channelId}`);
  return 'reject' in sources ? sources : { sources };
}
