import { Match } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { UsageError } from '../command.ts';
import { Words } from '../words.ts';

/** A match as the gateway answers it. */
export const ShownMatch = z.record(
  z.string(),
  z.union([Words, z.number().transform(String), z.array(z.union([Words, z.number().transform(String)]))]),
);

/**
 * Reads `key=value` pairs: all keys must fit, of a key that is given twice or with commas any value.
 *
 * @throws {UsageError} no pair, no such key, or a value that the key does not take.
 */
export function readMatch(pairs: readonly string[]): Match {
  const values = new Map<string, string[]>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const words = pair
      .slice(at + 1)
      .split(',')
      .filter((word) => word !== '');
    if (at < 1 || words.length === 0) throw new UsageError(`--match is key=value, not ${pair}`);
    const key = pair.slice(0, at);
    values.set(key, [...(values.get(key) ?? []), ...words]);
  }
  if (values.size === 0)
    throw new UsageError('--match is missing: node=pve1, condition=backup.*, cluster=* for every host');
  const unknown = [...values.keys()].find((key) => !Object.hasOwn(Match.shape, key));
  if (unknown !== undefined)
    throw new UsageError(
      `nothing is matched by ${unknown}; there are ${Object.keys(Match.shape).join(', ')}`,
    );
  const match = Match.safeParse(
    Object.fromEntries([...values].map(([key, words]) => [key, words.length === 1 ? words[0] : words])),
  );
  if (match.success) return match.data;
  const [issue] = match.error.issues;
  throw new UsageError(`--match ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`);
}

/** A match for people, as `readMatch` takes it. */
export function matchWords(match: z.infer<typeof ShownMatch>): string {
  const pairs = Object.entries(match).map(([key, value]) => `${key}=${[value].flat().join(',')}`);
  return pairs.length === 0 ? 'everything' : pairs.join(' ');
}
