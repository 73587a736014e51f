import { createCorrelator } from '@proxmox-mcp/state';
import { Fact, type Event, type Inventory } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { GatewayError, type Ask } from '../gateway-client.ts';
import { compareEvents, compareFacts, type Difference } from './differences.ts';
import { pastInputs, type PastInput, type Span } from './past-input.ts';
import { readAgain } from './read-again.ts';

/** What reading the inputs of a span again tells. */
export interface Look {
  readonly inputs: number;
  /** Inputs whose events are what they were. */
  readonly same: number;
  /** Inputs nothing can be said of, by why. */
  readonly unread: Readonly<Record<string, number>>;
  readonly differences: readonly Difference[];
  /** What the history does not have: the input, where it is a dead letter, and its events. */
  readonly missing: readonly { readonly input: PastInput; readonly events: readonly Event[] }[];
}

/** More are not held in memory at a time: ask for a shorter span. */
const MAX_INPUTS = 200_000;

/** Events stored in one transaction. */
const BATCH = 1_000;

/** The span holds more than can be compared at once. */
export class TooMuch extends Error {
  override readonly name = 'TooMuch';
}

const FactPage = z.object({ items: z.array(Fact), nextCursor: z.string().optional() });

/** Reads the inputs of a span again and compares. Changes nothing. @throws {TooMuch} */
export async function lookAgain(
  ask: Ask,
  span: Span,
  inventory: Inventory,
  { withFacts }: { readonly withFacts: boolean },
): Promise<Look> {
  const unread: Record<string, number> = {};
  const differences: Difference[] = [];
  const missing: { input: PastInput; events: readonly Event[] }[] = [];
  const [then, now] = [new Map<string, Event>(), new Map<string, Event>()];
  let inputs = 0;
  let same = 0;
  for await (const input of pastInputs(ask, span)) {
    if (++inputs > MAX_INPUTS)
      throw new TooMuch(`more than ${MAX_INPUTS} inputs: narrow --since and --until`);
    for (const event of input.events) then.set(event.id, event);
    const result = await readAgain(input.raw, inventory);
    if ('unread' in result) {
      unread[result.unread] = (unread[result.unread] ?? 0) + 1;
      // As they were: what cannot be read again is no reason to forget it.
      for (const event of input.events) now.set(event.id, event);
      continue;
    }
    const events = 'events' in result ? result.events : [];
    for (const event of events) now.set(event.id, event);
    const found = compareEvents(input.events, events);
    const fresh = await unknownOnes(ask, events, found);
    const told = found.filter(({ change, id }) => change !== 'appears' || fresh.has(id));
    if (told.length === 0) same++;
    const from =
      input.letter === undefined ? input.raw.id : `dead letter ${input.letter.id} (${input.letter.reason})`;
    differences.push(...told.map((difference) => ({ ...difference, from })));
    if (fresh.size > 0) missing.push({ input, events: events.filter(({ id }) => fresh.has(id)) });
  }
  if (withFacts) differences.push(...(await factDifferences(ask, span, { then, now, inventory })));
  return { inputs, same, unread, differences, missing };
}

/**
 * Which of the events that seem to appear the history really does not have: two inputs with one identity are one event, which was read
 * from the first of them.
 */
async function unknownOnes(
  ask: Ask,
  events: readonly Event[],
  found: readonly Difference[],
): Promise<ReadonlySet<string>> {
  const candidates = new Set(found.filter(({ change }) => change === 'appears').map(({ id }) => id));
  for (const { id } of events) {
    if (!candidates.has(id)) continue;
    try {
      await ask(`/api/v1/events/${encodeURIComponent(id)}/raw`);
      candidates.delete(id);
    } catch (err) {
      if (!(err instanceof GatewayError) || err.status !== 404) throw err;
    }
  }
  return candidates;
}

/** What the inputs of a span gave then, and give now. */
interface Reading {
  readonly then: ReadonlyMap<string, Event>;
  readonly now: ReadonlyMap<string, Event>;
  readonly inventory: Inventory;
}

/** The facts that events tell of, without touching any history. */
function correlate(events: readonly Event[], inventory: Inventory): Fact[] {
  const correlator = createCorrelator(inventory.sources);
  try {
    for (let at = 0; at < events.length; at += BATCH) correlator.add(...events.slice(at, at + BATCH));
    return correlator.facts().map(({ fact }) => fact);
  } finally {
    correlator.close();
  }
}

async function factDifferences(
  ask: Ask,
  { since, until }: Span,
  { then, now, inventory }: Reading,
): Promise<Difference[]> {
  const inOrder = [...now.values()].sort((a, b) => Date.parse(a.receivedAt) - Date.parse(b.receivedAt));
  // What the history completed an event with, a replay does not know.
  const completed = inOrder.map((event) => {
    const cluster = event.cluster ?? then.get(event.id)?.cluster;
    return cluster === undefined ? event : { ...event, cluster };
  });
  const after = correlate(completed, inventory);
  const hasNews = ({ members }: Fact) => members.some((id) => !then.has(id));
  const before = await factsOf(ask, { since, until });
  const known = new Set(before.map(({ id }) => id));
  // A late report may tell of what began long before the span.
  for (const { id } of after.filter((fact) => hasNews(fact) && !known.has(fact.id)))
    before.push(...(await factsOf(ask, { id })));
  const isWhole = (fact: Fact) =>
    fact.mergedInto === undefined && fact.members.length > 0 && fact.members.every((id) => then.has(id));
  const newIds = new Set(after.filter(hasNews).map(({ id }) => id));
  // Without a new report, a fact that the history lists elsewhere began before the span: nothing can be said of it.
  return compareFacts(before, after, isWhole).filter(
    ({ change, id }) => change !== 'appears' || newIds.has(id),
  );
}

async function factsOf(ask: Ask, query: Readonly<Record<string, string>>): Promise<Fact[]> {
  const found: Fact[] = [];
  let cursor: string | undefined;
  do {
    const asked = new URLSearchParams({
      limit: '200',
      ...query,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const page = FactPage.parse(await ask(`/api/v1/facts?${asked.toString()}`));
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}
