import { setImmediate as turn } from 'node:timers/promises';
import type { Event, Incident, Inventory } from '@proxmox-mcp/schemas';
import { RULES, createRehearsal, type Rehearsed, type RulesFile } from '@proxmox-mcp/state';
import type { Ask } from '../gateway-client.ts';
import { TooMuch } from './look.ts';
import { pastEvents, type Span } from './past-input.ts';

/** What rules make of the events of a span. */
export interface Tally {
  readonly opened: number;
  /** Of these never told, for something explained them as long as they lasted. */
  readonly suppressed: number;
  readonly resolved: number;
}

/** An incident that two sets of rules do not make alike; `undefined` where one does not make it. */
export interface Otherwise {
  readonly now: Incident | undefined;
  readonly then: Incident | undefined;
}

/** The events of a span under the rules of now and under others. */
export interface Comparison {
  readonly events: number;
  /** When the first of them was received. */
  readonly from: string | undefined;
  readonly now: Tally;
  readonly then: Tally;
  readonly same: number;
  readonly differences: readonly Otherwise[];
  /** Rules that the files do not treat alike and that cannot be tried: they read what polls saw, and that is not kept. */
  readonly untried: readonly string[];
}

/** More are not held in memory at a time. */
const MAX_EVENTS = 200_000;
/** Events tried without letting others have their turn. */
const BATCH = 500;

export interface RehearseParts {
  readonly ask: Ask;
  readonly span: Span;
  readonly inventory: Inventory;
  readonly signal: AbortSignal;
}

/** Tries both sets of rules on the events of a span. Changes nothing. @throws {TooMuch} */
export async function rehearse(now: RulesFile, then: RulesFile, parts: RehearseParts): Promise<Comparison> {
  const found = new Map<string, Event>();
  for await (const events of pastEvents(parts.ask, parts.span)) {
    for (const event of events) found.set(event.id, event);
    if (found.size > MAX_EVENTS)
      throw new TooMuch(`more than ${MAX_EVENTS} events: narrow --since and --until`);
  }
  const events = [...found.values()].sort(
    (a, b) => Date.parse(a.receivedAt) - Date.parse(b.receivedAt) || (a.id < b.id ? -1 : 1),
  );
  const before = await tryOn(now, events, parts);
  const after = await tryOn(then, events, parts);
  return {
    events: events.length,
    from: events[0]?.receivedAt,
    now: tallyOf(before),
    then: tallyOf(after),
    ...compare(before, after),
    untried: untriedIn(now, then),
  };
}

async function tryOn(
  rules: RulesFile,
  events: readonly Event[],
  { span, inventory, signal }: RehearseParts,
): Promise<Rehearsed[]> {
  const rehearsal = createRehearsal(rules, inventory.sources);
  try {
    for (let at = 0; at < events.length; at += BATCH) {
      rehearsal.add(events.slice(at, at + BATCH));
      await turn(undefined, { signal });
    }
    return rehearsal.end(Date.parse(span.until));
  } finally {
    rehearsal.close();
  }
}

function tallyOf(list: readonly Rehearsed[]): Tally {
  return {
    opened: list.length,
    suppressed: list.filter(({ wasTold }) => !wasTold).length,
    resolved: list.filter(({ incident }) => incident.status === 'resolved').length,
  };
}

function compare(before: readonly Rehearsed[], after: readonly Rehearsed[]) {
  const later = new Map(after.map((one) => [one.incident.id, one]));
  const known = new Set(before.map(({ incident }) => incident.id));
  const changed = before.filter((one) => {
    const other = later.get(one.incident.id);
    return other === undefined || fate(one) !== fate(other);
  });
  const differences: Otherwise[] = [
    ...changed.map(({ incident }) => ({ now: incident, then: later.get(incident.id)?.incident })),
    ...after
      .filter(({ incident }) => !known.has(incident.id))
      .map(({ incident }) => ({ now: undefined, then: incident })),
  ];
  const openedAt = ({ now, then }: Otherwise) => Date.parse((now ?? then)?.openedAt ?? '');
  return {
    same: before.length - changed.length,
    differences: differences.sort((a, b) => openedAt(a) - openedAt(b)),
  };
}

/** What a person would notice of an incident. */
function fate({ incident, wasTold }: Rehearsed): string {
  const { severity, status, openedAt, resolvedAt } = incident;
  return JSON.stringify([severity, status, openedAt, resolvedAt, wasTold]);
}

function untriedIn(now: RulesFile, then: RulesFile): string[] {
  const said = (file: RulesFile, name: string) =>
    JSON.stringify([
      Object.entries(file.rules).filter(([rule]) => rule === name),
      file.overrides.flatMap(({ match, rules }) =>
        Object.entries(rules)
          .filter(([rule]) => rule === name)
          .map(([, change]) => [match, change]),
      ),
    ]);
  return RULES.filter(({ reads }) => reads === 'state')
    .map(({ name }) => name)
    .filter((name) => said(now, name) !== said(then, name));
}
