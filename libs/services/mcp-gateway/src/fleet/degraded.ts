import type { ChannelState, SourceState } from '@proxmox-mcp/schemas';
import * as z from 'zod';

/** Something an answer lacks, why, and what mends it. */
export const Degraded = z.object({
  where: z.string().describe('Source, node or API path'),
  reason: z.string(),
  detail: z.string().optional(),
  fix: z.string().optional(),
  since: z.string().optional(),
});
export type Degraded = z.infer<typeof Degraded>;

/** What the sources say of themselves that is not well. */
export function degradedSources(
  sources: readonly SourceState[],
  matches: (source: SourceState) => boolean = () => true,
): Degraded[] {
  return sources.filter(matches).flatMap((source) => {
    const entries: Degraded[] = source.degraded.map((entry) => ({
      where: source.name,
      reason: entry.reason,
      detail: entry.detail,
      ...(entry.fix === undefined ? {} : { fix: entry.fix }),
      since: entry.since,
    }));
    if (entries.length === 0 && source.status === 'down')
      entries.push({ where: source.name, reason: 'down' });
    return entries;
  });
}

/** The ways out that are on and do not take notifications. */
export function degradedChannels(channels: readonly ChannelState[]): Degraded[] {
  return channels
    .filter((channel) => channel.enabled && channel.status === 'failing')
    .map(({ name, lastFailureReason, at }) => ({
      where: `channel ${name}`,
      reason: 'failing',
      ...(lastFailureReason === undefined ? {} : { detail: lastFailureReason }),
      since: at,
    }));
}
