import * as z from 'zod';

/** An event of the gateway's stream, as far as a line shows it. Foreign words of the title stand in `full_title`. */
export const StreamedEvent = z.looseObject({
  occurredAt: z.string(),
  severity: z.string(),
  type: z.string(),
  title: z.string(),
  full_title: z.looseObject({ text: z.string() }).optional(),
  node: z.string().optional(),
  storage: z.string().optional(),
  source: z.string().optional(),
});
export type StreamedEvent = z.infer<typeof StreamedEvent>;

/** One event on one line for people: time, severity, type, where, title. */
export function eventLine(event: StreamedEvent): string {
  const where = event.node ?? event.storage ?? event.source ?? '';
  const time = event.occurredAt.slice(0, 19).replace('T', ' ');
  const title = event.full_title?.text ?? event.title;
  const line = `${time}  ${event.severity.padEnd(8)}  ${event.type.padEnd(26)}  ${where.padEnd(10)}  ${title}`;
  // What somebody else wrote must not steer the terminal.
  return line.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
