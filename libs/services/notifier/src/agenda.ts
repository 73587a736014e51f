import { type KeyValue, WrongRevision } from '@proxmox-mcp/bus';
import { Notification, Severity } from '@proxmox-mcp/schemas';
import * as z from 'zod';

const wait = {
  incidentId: z.string(),
  /** Milliseconds since the epoch. */
  until: z.number(),
  /** How long that was when it was written: a clock that was set back must not make it longer. */
  waitMs: z.number().nonnegative(),
};
const message = {
  id: z.string(),
  channel: z.string(),
  reason: z.string(),
  /** For a digest, should the incident be forgotten by then. */
  title: z.string(),
  severity: Severity,
  ...wait,
};

/** Something that is to be looked at at a time. */
export const Due = z.discriminatedUnion('what', [
  z.strictObject({
    what: z.literal('opening'),
    route: z.string(),
    digest: z.boolean(),
    silence: z.string().optional(),
    ...message,
  }),
  z.strictObject({ what: z.literal('end'), openingId: z.string(), ...message }),
  z.strictObject({
    what: z.literal('step'),
    route: z.string(),
    /** Place in the ladder, from 0. */
    step: z.int().nonnegative(),
    episode: z.int().nonnegative(),
    ...wait,
  }),
]);
export type Due = z.infer<typeof Due>;

/** A digest that is decided and perhaps not sent: whoever finds it finishes it. */
export const PendingDigest = z.strictObject({
  notification: Notification,
  /** What it tells. */
  items: z.array(z.discriminatedUnion('what', [Due.options[0], Due.options[1]])).max(500),
  /** Ids of ends that need no message of their own, because the digest has begin and end in one line. */
  over: z.array(z.string()).max(500),
});
export type PendingDigest = z.infer<typeof PendingDigest>;

/**
 * What waits for a time, in the DELIVERIES key-value beside the receipts, so that it survives restarts and crashes. Receipts have no
 * dot in their keys; these have one.
 */
export interface Agenda {
  /** Keeps what is there. */
  add(due: Due): Promise<void>;
  put(due: Due): Promise<void>;
  remove(due: Pick<Due, 'what'> & { readonly id?: string }): Promise<void>;
  list(): Promise<Due[]>;
  digests(): Promise<PendingDigest[]>;
  /** @returns `false` when the channel has one under way. */
  beginDigest(digest: PendingDigest): Promise<boolean>;
  endDigest(channel: string): Promise<void>;
}

/** The part of a key after the dot; also a step has one of its own per incident, episode and route. */
export function dueId(due: Due): string {
  return due.what === 'step' ? `${due.incidentId}-r${due.episode}-${due.route}` : due.id;
}

/** Reads and writes the agenda in a bucket. */
export function createAgenda(kv: KeyValue): Agenda {
  const keyOf = (what: Due['what'], id: string) => `due.${what}-${id}`;
  async function create(key: string, value: unknown): Promise<boolean> {
    try {
      await kv.create(key, JSON.stringify(value));
      return true;
    } catch (error) {
      if (error instanceof WrongRevision) return false;
      throw error;
    }
  }
  return {
    async add(due) {
      await create(keyOf(due.what, dueId(due)), due);
    },
    async put(due) {
      await kv.put(keyOf(due.what, dueId(due)), JSON.stringify(due));
    },
    remove: ({ what, id = '' }) => kv.delete(keyOf(what, id)),
    async list() {
      return (await kv.list('due')).flatMap(({ value }) => read(Due, value) ?? []);
    },
    async digests() {
      return (await kv.list('digest')).flatMap(({ value }) => read(PendingDigest, value) ?? []);
    },
    beginDigest: (digest) => create(`digest.${digest.notification.channel}`, digest),
    endDigest: (channel) => kv.delete(`digest.${channel}`),
  };
}

function read<S extends z.ZodType>(schema: S, value: string): z.infer<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}
