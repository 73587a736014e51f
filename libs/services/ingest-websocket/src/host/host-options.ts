import type { InventorySource, Observation } from '@proxmox-mcp/schemas';
import type { Cursor } from '../cursor/cursor.ts';
import type { SeenDraft } from '../seen/seen-draft.ts';
import type { IngestWebsocketConfig } from '../config.ts';
import type { HostTools } from './host-tools.ts';

/** What the watch of one host is given. */
export interface WatchOptions {
  readonly tools: HostTools;
  readonly config: IngestWebsocketConfig;
  /** Where a part of the watch keeps its place. */
  readonly cursor: (part: string) => Cursor;
  /** Stores drafts on the bus; resolves when they are stored, and waits for a bus that is away. */
  readonly publish: (drafts: readonly SeenDraft[], atMs: number) => Promise<void>;
  readonly observe: (observation: Observation) => Promise<void>;
  /** Tells the others who the host turned out to be. */
  readonly discovered: (source: InventorySource) => Promise<void>;
}
