import type { Bus } from '@proxmox-mcp/bus';
import * as z from 'zod';
import type { Principal, Tier, Toolset } from '../auth/grants.ts';
import { Degraded } from '../fleet/degraded.ts';
import type { Mirror } from '../fleet/mirror.ts';
import type { ProxmoxReader } from '../proxmox/reader.ts';

/** What a tool works with during one call. */
export interface ToolContext {
  readonly mirror: Mirror;
  readonly bus: Bus;
  readonly proxmox: ProxmoxReader;
  readonly principal: Principal;
  readonly now: () => number;
  /** Aborts when the caller went away or the gateway stops. */
  readonly signal: AbortSignal;
  /** Tells the caller how far a long call is; does nothing when it did not ask. `progress` must grow. */
  readonly progress: (progress: number, total: number, message: string) => void;
  /** Asks to hold a wait open. @returns the way to give it back; `undefined` when this principal has too many. */
  readonly takeWait: () => (() => void) | undefined;
}

/** What a tool answers; the call adds `as_of`, redacts, and cuts to size. */
export interface ToolAnswer {
  /** One or two sentences for people. No foreign text. */
  readonly summary: string;
  readonly items?: readonly unknown[];
  readonly data?: unknown;
  readonly next_cursor?: string | undefined;
  readonly warnings?: readonly string[];
  readonly degraded?: readonly Degraded[];
}

/** All four hints are always sent: the protocol's defaults are destructive and open world. */
export interface Annotations {
  readonly readOnlyHint: boolean;
  /** Can lose data or availability that the same principal cannot restore with one inverse call. */
  readonly destructiveHint: boolean;
  /** Repeating with the same arguments has no further effect. */
  readonly idempotentHint: boolean;
  /** May return text that came from outside. */
  readonly openWorldHint: boolean;
}

/** A tool as declared in its file; the registry, REST and OpenAPI are made from it. */
export interface Tool<I extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** At most 60 words, for assistants. */
  readonly description: string;
  readonly toolset: Toolset;
  readonly tier: Tier;
  readonly annotations: Annotations;
  /** What the Proxmox tokens must hold for a whole answer. */
  readonly privileges: { readonly pve: readonly string[]; readonly pbs: readonly string[] };
  readonly input: I;
  readonly output: z.ZodObject;
  run(args: z.infer<I>, context: ToolContext): Promise<ToolAnswer>;
}

/** Ties the arguments' type to the tool without naming it twice. */
export function defineTool<I extends z.ZodObject>(tool: Tool<I>): Tool {
  return tool;
}

// Every key is optional because failed calls answer by the same schema with `code`, `message`, `hint`, `retryable`, and some
// clients check those answers against it too.
const envelope = {
  as_of: z.iso.datetime().optional(),
  next_cursor: z.string().optional(),
  truncated: z.boolean().optional(),
  warnings: z.array(z.string()).optional(),
  degraded: z.array(Degraded).optional(),
  code: z.string().optional().describe('Only on failure, with message, hint and retryable'),
  message: z.string().optional(),
  hint: z.string().optional(),
  retryable: z.boolean().optional(),
};

/** Output schema of a tool that answers rows. */
export function itemsOutput(row: z.ZodType): z.ZodObject {
  return z.looseObject({ items: z.array(row).optional(), ...envelope });
}

/** Output schema of a tool that answers one document. */
export function dataOutput(data: z.ZodType): z.ZodObject {
  return z.looseObject({ data: data.optional(), ...envelope });
}

/** Output schema of a tool that answers rows or one document. */
export function itemsOrDataOutput(row: z.ZodType, data: z.ZodType): z.ZodObject {
  return z.looseObject({ items: z.array(row).optional(), data: data.optional(), ...envelope });
}

/** Foreign text as it appears in answers. */
export const Untrusted = z.object({ untrusted: z.literal(true), text: z.string() });

const READ: Annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
/** Hints of a tool that only reads what we built ourselves. */
export const readOnly: Annotations = READ;
/** Hints of a tool that only reads, text from outside among it. */
export const readOpenWorld: Annotations = { ...READ, openWorldHint: true };
