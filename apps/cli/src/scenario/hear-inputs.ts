import { finishEvents } from '@proxmox-mcp/ingest-kit';
import type { Event } from '@proxmox-mcp/schemas';
import { UsageError } from '../command.ts';
import type { Reader } from '../commands/normalize.ts';
import type { Scenario } from './scenario.ts';

/**
 * Reads every input as the service of its way in would.
 *
 * @returns the events of each input; none for what is noise, and for what is refused.
 * @throws {UsageError} nobody reads such inputs.
 */
export async function hearInputs(
  { inputs, inventory }: Scenario,
  readers: Readonly<Record<string, Reader>>,
): Promise<Event[][]> {
  const heard: Event[][] = [];
  for (const { word, raw, context, receivedAt } of inputs) {
    const reader = Object.hasOwn(readers, word) ? readers[word] : undefined;
    if (reader === undefined)
      throw new UsageError(`nothing reads ${word}; there are ${Object.keys(readers).join(', ')}`);
    const result = await reader.read(raw, { receivedAt, inventory, ...(context && { context }) });
    const drafts = 'events' in result ? result.events : [];
    heard.push(finishEvents(drafts, { channel: reader.channel, source: word, receivedAt, raw }));
  }
  return heard;
}
