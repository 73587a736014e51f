import { Channel, DeadLetter, Event, RawInput } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import type { Ask } from '../gateway-client.ts';

/** Bodies of the gateway are marked as what strangers wrote. */
const Marked = z.object({ text: z.string() }).transform(({ text }) => text);
const RawPage = z.object({
  items: z.array(z.object({ raw: z.object({ ...RawInput.shape, body: Marked }), events: z.array(Event) })),
  nextCursor: z.string().optional(),
});
const LetterPage = z.object({
  items: z.array(z.object({ ...DeadLetter.shape, body: Marked, id: z.string() })),
  nextCursor: z.string().optional(),
});

/** An input of the past: what it became then, or the dead letter it is. */
export interface PastInput {
  readonly raw: RawInput;
  /** As the history has them. */
  readonly events: readonly Event[];
  /** Why it became nothing. */
  readonly letter?: { readonly id: string; readonly reason: string };
}

/** Which inputs to read: ISO times, both inclusive. */
export interface Span {
  readonly since: string;
  readonly until: string;
  readonly channel?: string;
}

const PAGE = 200;

/** Inputs that became events, and dead letters of ways in, each oldest first. */
export async function* pastInputs(ask: Ask, { since, until, channel }: Span): AsyncGenerator<PastInput> {
  const span = { since, until, limit: String(PAGE) };
  for await (const page of pages(ask, '/api/v1/raw', RawPage, { ...span, ...(channel && { channel }) }))
    yield* page.items;
  for await (const page of pages(ask, '/api/v1/dead-letters', LetterPage, { ...span, order: 'oldest' }))
    for (const letter of page.items) {
      const found = inputOf(letter);
      if (found !== undefined && (channel === undefined || found.raw.channel === channel)) yield found;
    }
}

/** Events of a span as the history has them, oldest input first; several inputs can be of one event. */
export async function* pastEvents(ask: Ask, { since, until }: Span): AsyncGenerator<readonly Event[]> {
  const query = { since, until, limit: String(PAGE) };
  for await (const { items } of pages(ask, '/api/v1/raw', RawPage, query))
    yield items.flatMap(({ events }) => events);
}

async function* pages<P extends { nextCursor?: string | undefined }>(
  ask: Ask,
  path: string,
  schema: z.ZodType<P>,
  query: Record<string, string>,
): AsyncGenerator<P> {
  let cursor: string | undefined;
  do {
    const asked = new URLSearchParams({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    const page = schema.parse(await ask(`${path}?${asked.toString()}`));
    yield page;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** The input in a dead letter; `undefined` for messages of our own that a service gave up. */
function inputOf({ id, ...letter }: z.infer<typeof LetterPage>['items'][number]): PastInput | undefined {
  const { raw, channel, source, origin, body, encoding = 'utf8', truncated, format, context } = letter;
  if (raw === undefined || source === undefined || !Channel.safeParse(channel).success) return undefined;
  return {
    letter: { id, reason: letter.reason },
    events: [],
    raw: RawInput.parse({
      id: raw,
      channel,
      source,
      origin,
      receivedAt: letter.at,
      body,
      encoding,
      truncated,
      ...(format === undefined ? {} : { format }),
      ...(context === undefined ? {} : { context }),
    }),
  };
}
