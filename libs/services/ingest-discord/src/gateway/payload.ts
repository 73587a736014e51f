import { GatewayCloseCodes } from 'discord-api-types/v10';
import * as z from 'zod';

/** What the Gateway sends, as far as we look at it. */
export const Payload = z.object({
  op: z.int(),
  d: z.unknown(),
  s: z.int().nullish(),
  t: z.string().nullish(),
});
export type Payload = z.infer<typeof Payload>;

export const Hello = z.object({ heartbeat_interval: z.number().min(10).max(600_000) });
export const Ready = z.object({ session_id: z.string().max(200), resume_gateway_url: z.string().max(500) });

/** What it takes to go on where a connection ended. */
export interface Session {
  readonly id: string;
  readonly resumeUrl: string;
  readonly sequence: number;
}

/** A connection that ended. */
export interface ConnectionEnd {
  /** In words of ours. */
  readonly reason: string;
  /** Of the close frame; `undefined` when the wire broke. */
  readonly code?: number;
  /** Set when the session can be resumed. */
  readonly session?: Session | undefined;
  /** How long it lived after it was ready; `undefined` when it never was. */
  readonly livedMs?: number;
}

/** After these a session is gone (Discord docs, Gateway Close Event Codes); 1000 and 1001 end it by definition. */
const SESSION_GONE: ReadonlySet<number> = new Set([
  1000,
  1001,
  GatewayCloseCodes.NotAuthenticated,
  GatewayCloseCodes.AuthenticationFailed,
  GatewayCloseCodes.InvalidSeq,
  GatewayCloseCodes.SessionTimedOut,
  GatewayCloseCodes.InvalidShard,
  GatewayCloseCodes.ShardingRequired,
  GatewayCloseCodes.InvalidAPIVersion,
  GatewayCloseCodes.InvalidIntents,
  GatewayCloseCodes.DisallowedIntents,
]);

/** Whether a session can be resumed after a close frame with this code. */
export function isResumable(code: number | undefined): boolean {
  return code === undefined || !SESSION_GONE.has(code);
}
