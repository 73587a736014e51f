import { ToolError } from '../tools/tool-error.ts';

/** Where a reader of the live streams stands: everything up to these sequences was seen. */
export interface EventCursor {
  /** Sequence in the stream EVENTS. */
  readonly events: number;
  /** Sequence in the stream INCIDENTS; `undefined`: from now. */
  readonly incidents?: number | undefined;
}

/** Opaque to callers, so that its content may change. */
export function encodeCursor({ events, incidents }: EventCursor): string {
  return Buffer.from(incidents === undefined ? `1.${events}` : `1.${events}.${incidents}`).toString(
    'base64url',
  );
}

/** @throws {ToolError} `invalid`: it is not one of ours. */
export function decodeCursor(text: string): EventCursor {
  const match = /^1\.(\d{1,15})(?:\.(\d{1,15}))?$/.exec(
    Buffer.from(text.slice(0, 100), 'base64url').toString('latin1'),
  );
  if (match === null) {
    throw new ToolError('invalid', 'cursor is not one of an events answer', {
      hint: 'leave it out to start from now',
    });
  }
  return { events: Number(match[1]), incidents: match[2] === undefined ? undefined : Number(match[2]) };
}
