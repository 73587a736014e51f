import { ToolError } from '../tools/tool-error.ts';

/** Marks cursors of the history, so that one of another tool is told apart before anybody is asked. */
const MARK = 'h.';

/** A page's cursor as callers see it. */
export function encodeHistoryCursor(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : Buffer.from(`${MARK}${cursor}`).toString('base64url');
}

/** What the history gave. @throws {ToolError} `invalid`: it is not the `next_cursor` of an answer about the past. */
export function decodeHistoryCursor(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const cursor = Buffer.from(text, 'base64url').toString('latin1');
  if (cursor.startsWith(MARK) && cursor.length <= 200) return cursor.slice(MARK.length);
  throw new ToolError('invalid', 'cursor is not the next_cursor of an answer of this tool', {
    hint: 'leave it out to begin anew; cursors of events are for events_wait',
  });
}
