import * as z from 'zod';
import { Entity, Product } from './entity.ts';
import { EventType, Timestamp } from './event.ts';
import { Severity } from './severity.ts';

/** How one fact relates to another; direction is from this fact to `to`. */
export const Relation = z.enum([
  'caused-by',
  'parent',
  'stored-as',
  'verifies',
  'recurrence-of',
  'reminder-of',
  'same-incident',
]);
export type Relation = z.infer<typeof Relation>;

/** One real happening with a lifecycle, merged from the events that tell of it (PROXMOX §G.5). */
export const Fact = z.strictObject({
  id: z.string().min(1).max(600),
  /** Final type: `backup.job.failed` once ended, `backup.job.started` while running. */
  type: EventType,
  severity: Severity,
  product: Product,
  ...Entity.shape,
  upid: z.string().optional(),
  status: z.string().optional(),
  startedAt: Timestamp,
  endedAt: Timestamp.optional(),
  title: z.string(),
  /** Details merged from the members; the better informed member wins. */
  facts: z.record(z.string(), z.unknown()),
  /** Event ids, the best informed last; without progress readings. */
  members: z.array(z.string()),
  links: z.array(z.object({ relation: Relation, to: z.string() })),
  /** The fact that took this one's events when a stronger key showed that both are one; this one has no events left. */
  mergedInto: z.string().max(600).optional(),
  /** Grows by one with every change, so that a reader can drop an older copy. */
  revision: z.int().positive(),
});
export type Fact = z.infer<typeof Fact>;
