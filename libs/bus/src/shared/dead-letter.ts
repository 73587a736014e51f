import { type DeadLetter, redact, type StreamName, type Subject, subjects } from '@proxmox-mcp/schemas';

const MAX_BODY_BYTES = 65_536;

/** A message that a durable gave up on. */
export interface GivenUp {
  readonly durable: string;
  readonly stream: StreamName;
  readonly subject: string;
  readonly seq: number;
  readonly data: string;
  readonly reason: string;
  readonly detail: string;
  readonly at: number;
}

/** The dead letter of a message, its subject, and the id that keeps it single when it is written twice. */
export function deadLetterOf(message: GivenUp): {
  subject: Subject<DeadLetter>;
  id: string;
  letter: DeadLetter;
} {
  const { body, truncated } = cut(redact(message.data));
  return {
    subject: subjects.deadLetter(message.durable),
    id: `dead:${message.durable}:${message.stream}:${message.seq}`,
    letter: {
      service: message.durable,
      stage: 'handle',
      reason: message.reason.slice(0, 100),
      ...(message.detail === '' ? {} : { detail: redact(message.detail).slice(0, 2_000) }),
      origin: message.subject.slice(0, 300),
      body,
      truncated,
      at: new Date(message.at).toISOString(),
    },
  };
}

function cut(text: string): { body: string; truncated: boolean } {
  if (text.length * 3 <= MAX_BODY_BYTES) return { body: text, truncated: false };
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= MAX_BODY_BYTES) return { body: text, truncated: false };
  // A character cut in half would come out as U+FFFD.
  return {
    body: bytes
      .subarray(0, MAX_BODY_BYTES)
      .toString('utf8')
      .replace(/\uFFFD$/, ''),
    truncated: true,
  };
}
