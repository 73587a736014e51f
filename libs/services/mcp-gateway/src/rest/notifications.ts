import type { Bus } from '@proxmox-mcp/bus';
import { Match, requests, type Incident } from '@proxmox-mcp/schemas';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { askService } from '../call/ask-service.ts';
import { redact } from '../call/redact.ts';
import { markFreeText } from '../call/untrusted.ts';
import { ownWords } from '../fleet/rows.ts';
import { explanationRow } from '../fleet/told.ts';
import { defined, parseAhead, parseEnd } from '../tools/arguments.ts';
import { ToolError } from '../tools/tool-error.ts';
import { granted, readInput } from './grant.ts';

export interface NotificationRouteOptions {
  readonly bus: Bus;
  readonly now: () => number;
}

const time = z.string().max(40).optional();
const SomeMatch = Match.refine((match) => Object.keys(match).length > 0, {
  message: 'says nothing; {"cluster": "*"} is every host',
});
const NewSilence = z.object({
  match: SomeMatch,
  from: time,
  until: time,
  duration: time,
  reason: z.string().min(1).max(500),
});
const ToPreview = z.object({ match: SomeMatch });
const ExplainParameters = z.object({ at: time });
const PreviewParameters = z.object({
  incident: z.string().min(1).max(80),
  channel: z.string().max(40).optional(),
  preset: z.string().max(40).optional(),
  kind: z.enum(['opened', 'resolved']).default('opened'),
});

/**
 * Mounts what people ask about who is told: silences, why an incident is told or not, and what a message looks like. What people wrote is
 * marked; secrets are taken out.
 */
export function mountNotifications(app: FastifyInstance, options: NotificationRouteOptions): void {
  mountSilences(app, options);
  const { bus, now } = options;

  app.get<{ Params: { id: string } }>('/api/v1/incidents/:id/explain', async (request) => {
    granted(request, 'notify', 'read');
    const { at } = readInput(ExplainParameters, request.query);
    const question = { incidentId: request.params.id, ...defined({ at: parseAhead('at', at, now()) }) };
    return redact(explanationRow(await askService(bus, 'notifier', { subject: requests.explain, question })));
  });

  app.get('/api/v1/notifications/preview', async (request) => {
    granted(request, 'notify', 'read');
    const { incident, kind, ...rest } = readInput(PreviewParameters, request.query);
    const question = { incidentId: incident, kind, ...defined(rest) };
    const { messages } = await askService(bus, 'notifier', { subject: requests.preview, question });
    return redact({
      items: messages.map(({ channel, title, body }) => ({
        channel,
        title: whole(title),
        body: whole(body),
      })),
    });
  });
}

function mountSilences(app: FastifyInstance, { bus, now }: NotificationRouteOptions): void {
  const subject = requests.silence;

  app.get('/api/v1/silences', async (request) => {
    const { name: by } = granted(request, 'notify', 'read');
    const { silences } = await askService(bus, 'notifier', { subject, question: { op: 'list', by } });
    return redact({ items: silences.map((each) => markFreeText(each)) });
  });

  app.post('/api/v1/silences', async (request, reply) => {
    const { name: by } = granted(request, 'notify', 'operate');
    const { match, reason, ...times } = readInput(NewSilence, request.body);
    const from = parseAhead('from', times.from, now());
    const until = parseEnd(times, now(), from === undefined ? undefined : Date.parse(from));
    if (until === undefined) throw new ToolError('invalid', 'a silence needs until or duration');
    if (Date.parse(until) <= now()) throw new ToolError('invalid', 'the silence would be over already');
    const question = { op: 'add', by, match, until, reason, ...defined({ from }) } as const;
    const { silence, hits } = await askService(bus, 'notifier', { subject, question });
    return reply.code(201).send(redact({ silence: markFreeText(silence), hits: hits.map(hitRow) }));
  });

  app.post('/api/v1/silences/preview', async (request) => {
    const { name: by } = granted(request, 'notify', 'read');
    const { match } = readInput(ToPreview, request.body);
    const { hits } = await askService(bus, 'notifier', { subject, question: { op: 'preview', by, match } });
    return redact({ items: hits.map(hitRow) });
  });

  app.delete<{ Params: { id: string } }>('/api/v1/silences/:id', async (request) => {
    const { name: by } = granted(request, 'notify', 'operate');
    const question = { op: 'expire', by, id: request.params.id } as const;
    const { silence } = await askService(bus, 'notifier', { subject, question });
    return redact({ silence: markFreeText(silence) });
  });
}

function hitRow({ id, severity, title }: Pick<Incident, 'id' | 'severity' | 'title'>) {
  return { id, severity, title: ownWords(title) };
}

/** A message is shown as it would be sent: marked, and not cut. */
function whole(text: string) {
  return { untrusted: true, text };
}
