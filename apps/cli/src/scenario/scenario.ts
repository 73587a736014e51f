import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { Inventory } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { UsageError } from '../command.ts';

/** A scenario file: what came in, in order of arrival, by several ways. */
const ScenarioFile = z.object({
  inventory: z.string().optional(),
  inputs: z.array(
    z.object({
      /** A raw input in a file: its folder names the way in, `<case>.context.json` beside it is its context. */
      ref: z.string().optional(),
      channel: z.string().optional(),
      /** The raw input itself: text, or a JSON value. */
      inline: z.unknown().optional(),
      context: z.record(z.string(), z.unknown()).optional(),
      /** Epoch seconds. */
      received_at: z.number().optional(),
    }),
  ),
});

/** One raw input, ready to be read. */
export interface ScenarioInput {
  /** Word of the way in, as `normalize` has it. */
  readonly word: string;
  readonly raw: Buffer;
  readonly context: Readonly<Record<string, unknown>> | undefined;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/** What a scenario tells. */
export interface Scenario {
  readonly inventory: Inventory;
  readonly inputs: readonly ScenarioInput[];
}

/**
 * Reads a scenario with all that it refers to. A reference is looked for beside the scenario's folder, where recorded cases have it,
 * then in it, then beside the inventory.
 *
 * @throws {UsageError} a file is missing or is not what it should be.
 */
export function readScenario(file: string, now: number = Date.now()): Scenario {
  const folder = dirname(resolve(file));
  const parsed = ScenarioFile.safeParse(readJson(file));
  if (!parsed.success) throw new UsageError(`${file} is no scenario: ${z.prettifyError(parsed.error)}`);
  const { inventory, inputs } = parsed.data;
  const inventoryFile = inventory === undefined ? undefined : resolve(folder, inventory);
  const folders = [dirname(folder), folder, ...(inventoryFile === undefined ? [] : [dirname(inventoryFile)])];
  return {
    inventory: Inventory.parse(inventoryFile === undefined ? {} : readJson(inventoryFile)),
    inputs: inputs.map(({ ref, channel, inline, context, received_at: at }, index) => {
      const receivedAt = at === undefined ? now : at * 1000;
      if (ref === undefined) {
        if (channel === undefined || inline === undefined)
          throw new UsageError(
            `input ${index} of ${file} has neither a ref nor a channel with something inline`,
          );
        const text = typeof inline === 'string' ? inline : JSON.stringify(inline);
        return { word: channel, raw: Buffer.from(text), context, receivedAt };
      }
      const path = folders.map((base) => resolve(base, ref)).find((candidate) => existsSync(candidate));
      if (path === undefined) throw new UsageError(`${ref}, which ${file} refers to, is not there`);
      const beside = join(dirname(path), `${basename(path, extname(path))}.context.json`);
      return {
        word: channel ?? basename(dirname(path)),
        raw: readFileSync(path),
        context: context ?? (existsSync(beside) ? (readJson(beside) as Record<string, unknown>) : undefined),
        receivedAt,
      };
    }),
  };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (err) {
    throw new UsageError(`${file} cannot be read as JSON`, { cause: err });
  }
}
