import { NoAnswer, type Bus } from '@proxmox-mcp/bus';
import {
  Channel,
  DeadLettersQuery,
  FactsQuery,
  InventorySource,
  RawQuery,
  requests,
  type DeadLetter,
  type Inventory,
  type RawInput,
  type RequestSubject,
} from '@proxmox-mcp/schemas';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { redact } from '../call/redact.ts';
import { principalOfRequest } from '../http/authentication.ts';
import { httpError } from '../http/rpc-error.ts';
import { parseTime } from '../tools/arguments.ts';
import { ToolError } from '../tools/tool-error.ts';

export interface HistoryRouteOptions {
  readonly bus: Bus;
  /** What the operator wrote; completes what is discovered. */
  readonly inventory: Inventory;
  readonly now: () => number;
}

/** A page asked for in a URL: numbers and lists are text there. */
const Page = z.object({
  since: z.string().max(40).optional(),
  until: z.string().max(40).optional(),
  limit: z.coerce.number().int().min(1).max(500).optional(),
  cursor: z.string().max(200).optional(),
});
const FactPage = Page.extend({ id: z.string().max(600).optional() });
const RawPage = Page.extend({ channel: Channel.optional() });
const LetterPage = Page.extend({
  service: z.string().max(100).optional(),
  reason: z.string().max(100).optional(),
  order: z.enum(['newest', 'oldest']).optional(),
});

/**
 * Mounts what programs ask of the past that no tool answers: the input behind an event, dead letters, and what a replay reads. Bodies
 * are what strangers sent: whole, marked, with secrets taken out.
 */
export function mountHistory(app: FastifyInstance, { bus, inventory, now }: HistoryRouteOptions): void {
  /** Answers what `state` does, to those who may see events. */
  async function ask<Q, A, R>(
    request: FastifyRequest,
    reply: FastifyReply,
    parts: {
      readonly subject: RequestSubject<Q, A>;
      readonly question: () => unknown;
      readonly schema: z.ZodType<Q>;
      readonly answer: (answer: A) => R;
    },
  ) {
    if (!principalOfRequest(request).toolsets.has('events')) return noToolset(request, reply);
    const question = parts.schema.safeParse(parts.question());
    if (!question.success) return invalid(request, reply, question.error);
    try {
      return parts.answer(await bus.request(parts.subject, question.data));
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      throw new ToolError('upstream_down', 'the history does not answer', { hint: 'is state running?' });
    }
  }

  /** The times of a page as the history reads them. */
  function page({ since, until, ...rest }: z.infer<typeof Page>): Record<string, unknown> {
    const times = { since: parseTime('since', since, now()), until: parseTime('until', until, now()) };
    return Object.fromEntries(
      Object.entries({ ...rest, ...times }).filter(([, value]) => value !== undefined),
    );
  }

  app.get<{ Params: { id: string } }>('/api/v1/events/:id/raw', async (request, reply) => {
    const { id } = request.params;
    return ask(request, reply, {
      subject: requests.raw,
      schema: RawQuery,
      question: () => ({ id }),
      answer({ items: [found] }) {
        if (found === undefined)
          return httpError(reply, request.url, {
            status: 404,
            code: 'not_found',
            message: 'no input is kept under this id',
            hint: 'it may be past retention, come from a version that kept none, or be counted in a storm',
          });
        return { raw: markBody(found.raw), events: found.events.map(({ id: event }) => event) };
      },
    });
  });

  app.get('/api/v1/dead-letters', async (request, reply) => {
    const query = LetterPage.safeParse(request.query);
    if (!query.success) return invalid(request, reply, query.error);
    return ask(request, reply, {
      subject: requests.deadLetters,
      schema: DeadLettersQuery,
      question: () => page(query.data),
      answer: ({ items, ...rest }) => ({ items: items.map(markBody), ...rest }),
    });
  });

  app.get('/api/v1/raw', async (request, reply) => {
    const query = RawPage.safeParse(request.query);
    if (!query.success) return invalid(request, reply, query.error);
    const { channel, ...rest } = query.data;
    return ask(request, reply, {
      subject: requests.raw,
      schema: RawQuery,
      question: () => ({ ...page(rest), ...(channel === undefined ? {} : { channels: [channel] }) }),
      answer: ({ items, ...more }) => ({
        items: items.map(({ raw, events }) => ({ raw: markBody(raw), events: redact(events) })),
        ...more,
      }),
    });
  });

  app.get('/api/v1/facts', async (request, reply) => {
    const query = FactPage.safeParse(request.query);
    if (!query.success) return invalid(request, reply, query.error);
    return ask(request, reply, {
      subject: requests.facts,
      schema: FactsQuery,
      question: () => page(query.data),
      answer: (found) => redact(found),
    });
  });

  app.get('/api/v1/inventory', async (request, reply) => {
    if (!principalOfRequest(request).toolsets.has('events')) return noToolset(request, reply);
    const state = await bus.kv('STATE');
    const discovered = (await state.list('inventory')).flatMap(({ value }) => {
      const parsed = InventorySource.safeParse(readJson(value));
      return parsed.success ? [parsed.data] : [];
    });
    const { webhook, ...rest } = inventory;
    // The webhook's token is nobody's business.
    const { token: _, ...open } = webhook ?? {};
    return { discovered, configured: { ...rest, ...(webhook === undefined ? {} : { webhook: open }) } };
  });
}

function markBody<T extends RawInput | DeadLetter>({ body, ...rest }: T) {
  return {
    ...rest,
    // Whole, unlike what tools answer, and redacted where it is kept: it is asked for because all of it is wanted.
    body: { untrusted: true, text: body },
  };
}

function noToolset(request: FastifyRequest, reply: FastifyReply) {
  return httpError(reply, request.url, {
    status: 403,
    code: 'permission',
    message: 'the history belongs to toolset events, which is off',
    hint: 'add it to GATEWAY_TOOLSETS, or to X-MCP-Toolsets if the client sends it',
  });
}

function invalid(request: FastifyRequest, reply: FastifyReply, error: z.ZodError) {
  const [issue] = error.issues;
  const message = `${issue?.path.join('.') ?? 'query'}: ${issue?.message ?? 'not understood'}`;
  return httpError(reply, request.url, { status: 400, code: 'invalid', message });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
