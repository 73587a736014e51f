import type { Incident } from '@proxmox-mcp/schemas';
import { type Due, dueId } from '../agenda.ts';
import { dedupOpening, episodeOf, notificationId } from '../stages/dedup.ts';
import { ladderAt } from '../stages/ladder.ts';
import { targetNamed } from '../stages/route.ts';
import { silence } from '../stages/silence.ts';
import { copyOf } from './newest.ts';
import type { Teller, TellTools } from './tell.ts';

/**
 * Takes one step of a ladder, if it is still wanted, and writes the next one into the agenda. Whoever has the opening already is
 * reminded. Safe to repeat after a crash: the keys of the messages are the same.
 */
export async function climb(
  tools: TellTools & { readonly teller: Teller },
  due: Extract<Due, { what: 'step' }>,
): Promise<void> {
  const incident = await copyOf(tools.incidents, due.incidentId);
  const target = incident === undefined ? undefined : targetNamed(incident, tools.policy, due.route);
  const step = target?.ladder[due.step];
  const now = tools.now();
  if (
    incident === undefined ||
    target === undefined ||
    step === undefined ||
    episodeOf(incident) !== due.episode
  )
    return remove();
  const decision = ladderAt(incident, silence(incident, tools.silences.all(), now), now);
  if (decision.kind === 'stop') return remove();
  if (decision.kind === 'wait') return put({ ...due, ...waits(decision.untilMs) });

  for (const channel of step.channels.filter((name) => tools.policy.channels.includes(name)))
    await tell(incident, channel);
  const next = target.ladder[due.step + 1];
  if (next === undefined) return remove();
  return put({ ...due, step: due.step + 1, ...waits(now + next.after) });

  async function tell(of: Incident, channel: string): Promise<void> {
    if (target === undefined) return;
    const opening = await tools.receipts.get(notificationId(of, 'opened', channel));
    const known = dedupOpening(opening);
    // `again`: recorded and perhaps not published; who has not heard of it yet needs no reminder.
    if (known === 'first' || known === 'again') await tools.teller.opening(of, { target, channel });
    else await tools.teller.reminder(of, { target, channel }, due.step + 1);
  }
  function waits(until: number) {
    return { until, waitMs: Math.max(0, until - now) };
  }
  function put(changed: Due): Promise<void> {
    return tools.agenda.put(changed);
  }
  function remove(): Promise<void> {
    return tools.agenda.remove({ what: 'step', id: dueId(due) });
  }
}
