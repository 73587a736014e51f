import type { KeyValue } from '@proxmox-mcp/bus';
import { createCursor as createCursorAt, type Cursor } from '@proxmox-mcp/ingest-kit';
import { token } from '@proxmox-mcp/schemas';

/** The cursor of one part of one source. */
export function createCursor(kv: KeyValue, source: string, part: string): Cursor {
  return createCursorAt(kv, `websocket.${token(source)}.${part}`);
}
export type { Cursor };
