import type { Logger } from '@proxmox-mcp/service-kit';
import { type Due, dueId } from '../agenda.ts';
import { isInForce } from '../stages/silence.ts';
import { createDigests } from './digest-line.ts';
import { climb } from './ladder.ts';
import { copyOf } from './newest.ts';
import { targetOf } from './target-of.ts';
import type { Teller, TellTools } from './tell.ts';

/** What the agenda's line needs. */
export interface AgendaLineTools extends TellTools {
  readonly teller: Teller;
  readonly log: Pick<Logger, 'warn'>;
}

/** What is looked at in one go. */
const MAX_AT_ONCE = 1_000;

/**
 * The line of what waits for a time: steps of ladders, what quiet hours, digests and rates hold, what was silenced. Called again and
 * again by the one process that holds the lease; what it did not finish, the next call or the next process does.
 */
export function createAgendaLine(tools: AgendaLineTools): () => Promise<void> {
  const digests = createDigests(tools);

  return async () => {
    await digests.finishAll();
    const now = tools.now();
    const all = await tools.agenda.list();
    const due: Due[] = [];
    for (const each of all) {
      if (isDue(each, now)) due.push(each);
      // The clock was set back: nobody waits longer for that.
      else if (each.until - now > each.waitMs) await tools.agenda.put({ ...each, until: now + each.waitMs });
    }
    due.sort((a, b) => a.until - b.until);
    for (const each of due.slice(0, MAX_AT_ONCE)) await one(each);
    await digests.tell(due.slice(0, MAX_AT_ONCE), all);
  };

  function isDue(due: Due, now: number): boolean {
    if (due.until <= now) return true;
    if (due.what !== 'opening' || due.silence === undefined) return false;
    const silence = tools.silences.all().find(({ id }) => id === due.silence);
    return silence === undefined || !isInForce(silence, now);
  }

  /** One that cannot be handled now holds up no other. */
  async function one(due: Due): Promise<void> {
    try {
      if (due.what === 'step') await climb(tools, due);
      else if (due.what === 'opening' && !due.digest) await lookAnew(due);
    } catch (err) {
      tools.log.warn({ err, due: dueId(due) }, 'what was due is not done yet, will retry');
    }
  }

  async function lookAnew(due: Extract<Due, { what: 'opening' }>): Promise<void> {
    const incident = await copyOf(tools.incidents, due.incidentId);
    const to = { target: targetOf(tools, incident, due.route), channel: due.channel };
    const isHeld =
      incident !== undefined &&
      to.target !== undefined &&
      (await tools.teller.opening(incident, { ...to, target: to.target }, 'anew')) === 'held';
    if (!isHeld) await tools.agenda.remove(due);
  }
}
