import * as z from 'zod';
import { flagOff, needText, text, texts } from './values.ts';

/** A notification target. */
export const NotificationTarget = z.object({
  name: needText,
  type: needText,
  origin: text,
  comment: text,
  disable: flagOff,
});
export type NotificationTarget = z.infer<typeof NotificationTarget>;

/** A webhook target as configured; of its secrets only the names are ever answered. */
export const WebhookTarget = z.object({
  name: needText,
  url: text,
  method: text,
  comment: text,
  disable: flagOff,
  origin: text,
  /** Of the whole notification configuration. */
  digest: text,
});
export type WebhookTarget = z.infer<typeof WebhookTarget>;

/** A matcher as configured: which notifications go to which targets. */
export const NotificationMatcher = z.object({
  name: needText,
  target: texts,
  matchSeverity: texts,
  matchField: texts,
  matchCalendar: texts,
  mode: text,
  invertMatch: flagOff,
  comment: text,
  disable: flagOff,
  origin: text,
  /** Of the whole notification configuration; only where one matcher is asked for. */
  digest: text,
});
export type NotificationMatcher = z.infer<typeof NotificationMatcher>;
