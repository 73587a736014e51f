import * as z from 'zod';
import { time } from '../raw-lines.ts';
import { terminalLine } from '../terminal-text.ts';
import { Words } from '../words.ts';

/** What became of one message, as the gateway answers it. */
export const Receipt = z.looseObject({
  channel: z.string(),
  status: z.string(),
  at: z.string(),
  attempts: z.number(),
  reason: Words.optional(),
  /** Waits until then. */
  heldUntil: z.string().optional(),
  /** The message that told it instead: a digest, or that of another channel. */
  via: z.string().optional(),
});

export const Explanation = z.looseObject({
  steps: z.array(
    z.looseObject({ stage: z.string(), outcome: z.string(), reason: Words, detail: Words.optional() }),
  ),
  deliveries: z.array(z.looseObject({ channel: z.string(), at: z.string(), step: z.number() })),
  receipts: z.array(Receipt),
});

/** Why an incident is told or not: a line per stage, then who would be told when, then who was. */
export function explanationLines({ steps, deliveries, receipts }: z.infer<typeof Explanation>): string[] {
  return [
    ...steps.map(({ stage, outcome, reason, detail }) =>
      [stage.padEnd(11), outcome.padEnd(8), detail === undefined ? reason : `${reason}: ${detail}`].join(
        '  ',
      ),
    ),
    ...(deliveries.length === 0 ? ['would be told: nobody'] : ['would be told:']),
    ...deliveries.map(
      ({ channel, at, step }) => `  ${time(at)}  ${channel}${step === 0 ? '' : `  step ${step}`}`,
    ),
    ...receiptLines(receipts),
  ].map(terminalLine);
}

/** Who was told, a line each. */
export function receiptLines(receipts: readonly z.infer<typeof Receipt>[]): string[] {
  if (receipts.length === 0) return ['told: nobody'];
  return ['told:', ...receipts.map((receipt) => terminalLine(`  ${receiptWords(receipt)}`))];
}

function receiptWords({
  channel,
  status,
  at,
  attempts,
  reason,
  heldUntil,
  via,
}: z.infer<typeof Receipt>): string {
  const notes = [
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(heldUntil === undefined ? [] : [`held until ${time(heldUntil)}`]),
    ...(via === undefined ? [] : [`told by ${via}`]),
  ];
  const words = [time(at), channel, reason === undefined ? status : `${status}: ${reason}`];
  return `${words.join('  ')}${notes.length === 0 ? '' : `  (${notes.join(', ')})`}`;
}
