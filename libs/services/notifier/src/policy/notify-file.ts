import { Match } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { CHANNELS } from '../channels/index.ts';
import { PRESET_NAMES } from '../render/presets.ts';
import { TimeOfDay, TimeZone, windowShape } from './time-window.ts';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `10m`, `2h`, `1d`; read as milliseconds. */
const Duration = z
  .string()
  .regex(/^[1-9]\d{0,4}[smhd]$/, 'expected a duration like 10m')
  .transform((text) => Number(text.slice(0, -1)) * UNIT_MS[text.slice(-1) as keyof typeof UNIT_MS])
  .refine((ms) => ms <= 7 * UNIT_MS.d, 'expected at most 7d');

const names: readonly string[] = CHANNELS.map(({ name }) => name);
const Channels = z
  .array(
    z.string().refine((name) => names.includes(name), {
      error: `is no channel; there are ${names.join(', ')}`,
    }),
  )
  .max(20);

/** `daily 08:00`, or every so many minutes. */
const Digest = z.union([
  z
    .string()
    .regex(/^daily \S{5}$/, 'expected daily 08:00 or a number of minutes')
    .transform((text) => text.slice('daily '.length))
    .pipe(TimeOfDay)
    .transform((minute) => ({ kind: 'daily', minute }) as const),
  z
    .int()
    .min(1)
    .max(1_440)
    .transform((minutes) => ({ kind: 'every', everyMs: minutes * UNIT_MS.m }) as const),
]);
/** When what was held for a digest is told. */
export type Digest = z.infer<typeof Digest>;

const Step = z.strictObject({
  /** Counted from the step before. */
  after: Duration,
  channels: Channels.min(1),
});
/** One further step of a ladder. */
export type LadderStep = z.infer<typeof Step>;

const Route = z.strictObject({
  /** For people, and what waits on the bus for a step is known by it. */
  name: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'expected letters, digits, - and _'),
  match: Match.prefault({}),
  /** The route is there in this time only. */
  when: z.strictObject(windowShape).optional(),
  /** Without it those of the route above; none at all is told to nobody. */
  channels: Channels.optional(),
  /** The routes below are tried too. */
  continue: z.boolean().default(false),
  ladder: z.array(Step).max(5).optional(),
  digest: Digest.optional(),
  /** How its messages are written; NOTIFY_PRESET without it. */
  preset: z.enum(PRESET_NAMES).optional(),
  get routes(): z.ZodPrefault<z.ZodArray<typeof Route>> {
    return z.array(Route).max(50).prefault([]);
  },
});
/** One node of the tree: the first that fits in each row decides, unless it says `continue`. */
export type Route = z.infer<typeof Route>;

const Rate = z.strictObject({ count: z.int().min(1).max(10_000), per: Duration });
/** At most so many messages in so many milliseconds. */
export type Rate = z.infer<typeof Rate>;

const QuietHours = z.strictObject({
  ...windowShape,
  /** The worst that waits. Critical never does. */
  max_severity: z.enum(['info', 'notice', 'warning', 'error']).default('error'),
});
export type QuietHours = z.infer<typeof QuietHours>;

/** `config/notify.yaml`: who is told, and when. Without it every channel that is on is told at once. */
export const NotifyFile = z
  .strictObject({
    /** Clock of what names no zone. */
    timezone: TimeZone.default('UTC'),
    routes: z.array(Route).max(200).default([]),
    quiet_hours: z.array(QuietHours).max(20).default([]),
    throttle: z.strictObject({ per_channel: Rate.optional(), per_incident: Rate.optional() }).prefault({}),
    /** Who gets what a channel does not take, in this order. */
    fallback: z.partialRecord(z.string(), Channels.min(1)).default({}),
    /** How long a channel is tried before its fallback gets the message. */
    fallback_after: Duration.prefault('15m'),
  })
  .superRefine((file, ctx) => {
    const seen = new Set<string>();
    for (const { route, path } of walk(file.routes, ['routes'])) {
      if (seen.has(route.name))
        ctx.addIssue({ code: 'custom', path: [...path, 'name'], message: 'is the name of another route' });
      seen.add(route.name);
    }
    for (const [from, to] of Object.entries(file.fallback)) {
      if (!names.includes(from))
        ctx.addIssue({ code: 'custom', path: ['fallback', from], message: 'is no channel' });
      if (to?.includes(from) === true)
        ctx.addIssue({ code: 'custom', path: ['fallback', from], message: 'falls back to itself' });
    }
  });
export type NotifyFile = z.infer<typeof NotifyFile>;

/** The file as it is written, checked for every fault: reading turns words into numbers, so it is read once, by `NotifyFile`. */
export const NotifyYaml = z.unknown().superRefine((written, ctx) => {
  for (const { path, message } of NotifyFile.safeParse(written).error?.issues ?? [])
    ctx.addIssue({ code: 'custom', path, message });
});

type Path = readonly (string | number)[];

function* walk(
  routes: readonly Route[],
  path: Path,
): Generator<{ readonly route: Route; readonly path: Path }> {
  for (const [index, route] of routes.entries()) {
    const own = [...path, index];
    yield { route, path: own };
    yield* walk(route.routes, [...own, 'routes']);
  }
}

/** What the operator should know about the file although it can be used; one sentence each. */
export function notifyNotices(
  file: NotifyFile,
  { enabled, hasTemplate }: { readonly enabled: readonly string[]; readonly hasTemplate: boolean },
): string[] {
  const off = (channels: readonly string[]) => channels.filter((name) => !enabled.includes(name));
  const notices: string[] = [];
  for (const { route } of walk(file.routes, [])) {
    const steps = route.ladder?.flatMap((step) => step.channels) ?? [];
    for (const name of new Set(off([...(route.channels ?? []), ...steps])))
      notices.push(`route ${route.name} of notify.yaml names ${name}, which is off`);
    if (route.preset === 'custom' && !hasTemplate)
      notices.push(
        `route ${route.name} of notify.yaml has preset custom, and NOTIFY_TEMPLATE_BODY is not set`,
      );
  }
  for (const [from, to] of Object.entries(file.fallback)) {
    for (const name of off(to ?? []))
      notices.push(`fallback of ${from} in notify.yaml names ${name}, which is off`);
  }
  return notices;
}
