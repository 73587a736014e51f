import { hash } from 'node:crypto';
import { Match, type MaintenanceWindow } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { Calendar, stretchesOf, type Stretch } from './calendar.ts';

/** Windows that come again are made this long before they begin, so that a list shows what is to come. */
const AHEAD_MS = 24 * 3_600_000;

const Moment = z.iso.datetime({
  offset: true,
  error: 'expected a time with its zone: "2026-12-24T18:00:00+01:00"',
});

const Once = z
  .strictObject({ from: Moment, until: Moment })
  .refine(({ from, until }) => Date.parse(from) < Date.parse(until), '`until` must be later than `from`');
type Once = z.infer<typeof Once>;

const Planned = z.strictObject({
  /** For people; once in the file. */
  name: z.string().min(1).max(80),
  /** `{}` is everything: it has to be written, so that a forgotten line does not silence the house. */
  match: Match,
  when: z.unknown().transform(readWhen),
  reason: z.string().min(1).max(500),
  effect: z.enum(['mute', 'annotate']).default('mute'),
});
type Planned = z.infer<typeof Planned>;

/** `config/maintenance.yaml`. */
export const MaintenanceYaml = z.strictObject({
  /** Whether nodes in HA maintenance and nodes that are shut down get a window by themselves. */
  automatic: z.boolean().default(true),
  windows: z
    .array(Planned)
    .max(200)
    .refine((windows) => new Set(windows.map(({ name }) => name)).size === windows.length, {
      error: 'two windows have the same name',
    })
    .default([]),
});
export type MaintenanceYaml = z.infer<typeof MaintenanceYaml>;

/** A union would answer that nothing fits; people want to know which line is wrong. */
function readWhen(value: unknown, context: z.RefinementCtx): Calendar | Once {
  const isOnce = typeof value === 'object' && value !== null && 'until' in value;
  const parsed = (isOnce ? Once : Calendar).safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
}

/**
 * The windows of the file that are under way or begin within a day. Their ids follow from what they are: after a restart they are
 * the same, and a changed one is another.
 */
export function plannedWindows({ windows }: MaintenanceYaml, now: number): MaintenanceWindow[] {
  return windows.flatMap((planned) => timesOf(planned.when, now).map((times) => windowOf(planned, times)));
}

function timesOf(when: Planned['when'], now: number): readonly Stretch[] {
  if (!('until' in when)) return stretchesOf(when, now, AHEAD_MS);
  const [from, until] = [Date.parse(when.from), Date.parse(when.until)];
  return until > now && from <= now + AHEAD_MS ? [{ from, until }] : [];
}

function windowOf({ name, match, reason, effect }: Planned, times: Stretch): MaintenanceWindow {
  const [from, until] = [new Date(times.from).toISOString(), new Date(times.until).toISOString()];
  const said = JSON.stringify([name, match, reason, effect, from, until]);
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return {
    id: `config-${slug.slice(0, 40)}-${hash('sha256', said, 'hex').slice(0, 12)}`,
    match,
    from,
    until,
    reason: `${name}: ${reason}`.slice(0, 500),
    by: 'config',
    effect,
  };
}
