import type { Bus } from '@proxmox-mcp/bus';
import { Event, RawInput, subjects } from '@proxmox-mcp/schemas';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { tierAllows } from '../auth/grants.ts';
import { principalOfRequest } from '../http/authentication.ts';
import { httpError } from '../http/rpc-error.ts';

/** What a replay found in one input of the past. */
const Replayed = z.strictObject({
  /** Only of a dead letter: an input that became events is kept already. */
  raw: RawInput.optional(),
  /** Each names in `raw` the input it was read from. */
  events: z
    .array(Event.required({ raw: true }))
    .min(1)
    .max(100),
});
const Body = z.strictObject({ items: z.array(Replayed).min(1).max(200) });

/**
 * Mounts `POST /api/v1/replay`: takes events that an input of the past gives today into the history. They carry when they were replayed;
 * what the history has already is left as it is, so the same call twice is harmless.
 */
export function mountReplay(app: FastifyInstance, { bus, now }: { bus: Bus; now: () => number }): void {
  app.post('/api/v1/replay', async (request, reply) => {
    const { tier, toolsets } = principalOfRequest(request);
    if (!toolsets.has('events') || !tierAllows(tier, 'operate')) {
      return httpError(reply, request.url, {
        status: 403,
        code: 'permission',
        message: 'a replay adds to the history: it needs a token of tier operate, and toolset events',
        hint: 'make one with "proxmox-mcp token create --name NAME --scope operate"',
      });
    }
    const body = Body.safeParse(request.body);
    if (!body.success) {
      const [issue] = body.error.issues;
      const message = `${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'not understood'}`;
      return httpError(reply, request.url, { status: 400, code: 'invalid', message });
    }
    const replayedAt = new Date(now()).toISOString();
    const answers = await Promise.all(
      body.data.items.flatMap(({ raw, events }) => {
        const kept = raw === undefined ? undefined : bus.publish(subjects.raw(raw.channel), [raw]);
        return events.map(async (event) => {
          await kept;
          const { channel, type, id } = event;
          return bus.publish(subjects.event(channel, type), { ...event, replayedAt }, { id });
        });
      }),
    );
    const duplicates = answers.filter(({ duplicate }) => duplicate).length;
    return { stored: answers.length - duplicates, duplicates };
  });
}
