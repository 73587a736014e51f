import { NoAnswer, type Bus } from '@proxmox-mcp/bus';
import { requests, type Incident } from '@proxmox-mcp/schemas';
import type { Degraded } from './degraded.ts';

/** Newest facts of an incident whose events are named, and events of each: enough to look at the input behind them. */
const MAX_FACTS = 5;
const MAX_EVENTS = 20;

/** One happening behind an incident, and by which events it was heard. */
export interface FactEvidence {
  readonly fact: string;
  readonly type: string;
  readonly startedAt: string;
  readonly events: readonly string[];
}

/** The events behind an incident, newest happening first; without an answer of the history the rest is still an answer. */
export async function evidenceOf(
  bus: Bus,
  { facts }: Incident,
): Promise<{ readonly evidence: readonly FactEvidence[]; readonly degraded: readonly Degraded[] }> {
  const newest = facts.slice(-MAX_FACTS).reverse();
  try {
    const found = await Promise.all(newest.map((id) => bus.request(requests.facts, { id, limit: 1 })));
    return {
      evidence: found.flatMap(({ items: [fact] }) =>
        fact === undefined
          ? []
          : [
              {
                fact: fact.id,
                type: fact.type,
                startedAt: fact.startedAt,
                events: fact.members.slice(-MAX_EVENTS),
              },
            ],
      ),
      degraded: [],
    };
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const detail = 'the history did not answer: the events behind the facts are missing';
    return { evidence: [], degraded: [{ where: 'state', reason: 'timeout', detail }] };
  }
}
