import * as z from 'zod';
import { terminalLine, terminalText } from './terminal-text.ts';

/** A kept input or dead letter as the gateway answers it. */
export const KeptText = z.looseObject({
  origin: z.string(),
  truncated: z.boolean(),
  encoding: z.enum(['utf8', 'base64']).optional(),
  format: z.string().optional(),
  context: z.record(z.string(), z.unknown()).optional(),
  body: z.object({ text: z.string() }),
});
export type KeptText = z.infer<typeof KeptText>;

export const RawAnswer = z.object({
  raw: KeptText.extend({ id: z.string(), channel: z.string(), source: z.string(), receivedAt: z.string() }),
  events: z.array(z.string()),
});

/** The bytes that were kept, as far as they were. */
export function keptBytes({ body, encoding }: KeptText): Buffer {
  return Buffer.from(body.text, encoding ?? 'utf8');
}

/** An input for people: a heading, and what the sender wrote, set in and harmless. */
export function rawLines({ raw, events }: z.infer<typeof RawAnswer>): string[] {
  const heading = [time(raw.receivedAt), raw.channel, raw.source, raw.origin, raw.id].map(terminalLine);
  return [
    heading.join('  '),
    ...(events.length === 0 ? [] : [`  became ${events.map(terminalLine).join(', ')}`]),
    ...bodyLines(raw),
  ];
}

/** The body of something kept, set in. */
export function bodyLines(kept: KeptText): string[] {
  const notes = [
    kept.format === undefined ? undefined : `format ${kept.format}`,
    kept.encoding === 'base64' ? 'not UTF-8' : undefined,
    kept.truncated ? 'cut' : undefined,
    kept.context === undefined ? undefined : JSON.stringify(kept.context),
  ].filter((note) => note !== undefined);
  // Bytes that are no text are shown one by one.
  const text = keptBytes(kept).toString(kept.encoding === 'base64' ? 'latin1' : 'utf8');
  return [
    ...(notes.length === 0 ? [] : [`  (${terminalLine(notes.join(', '))})`]),
    ...terminalText(text)
      .split('\n')
      .map((line) => `    ${line}`),
  ];
}

/** To the second, as all lists show times. */
export const time = (iso: string) => iso.slice(0, 19).replace('T', ' ');
