import { DiscordMessage } from './message.ts';

/** Why an input is not taken. */
export interface Refused {
  readonly reject: true;
  readonly reason: string;
  readonly detail: string;
}

/** Reads one message object; unknown keys are ignored. */
export function parseMessage(raw: unknown): DiscordMessage | Refused {
  const parsed = DiscordMessage.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const detail = `${issue?.path.join('.') || 'message'}: ${issue?.message ?? 'not as expected'}`;
  return { reject: true, reason: 'schema', detail };
}
