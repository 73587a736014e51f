import { type ExplainAnswer, ExplainQuery, type Incident } from '@proxmox-mcp/schemas';
import { copyOf } from '../lines/newest.ts';
import type { TellTools } from '../lines/tell.ts';
import { decide, type StageStep } from '../stages/decide.ts';
import { dedupOpening, notificationId } from '../stages/dedup.ts';
import { settleDelay, type SettlePolicy } from '../stages/group.ts';
import { routeIncident, type Target } from '../stages/route.ts';
import { type Outcome, pass, suppress } from '../stages/stage.ts';

type Explained = Extract<ExplainAnswer, { ok: true }>;

const MAX_RECEIPTS = 200;

/** Answers `notifier.query.explain`: asks the stages as the lines do, and changes nothing. */
export async function answerExplain(
  tools: TellTools & { readonly settle: SettlePolicy },
  question: unknown,
): Promise<ExplainAnswer> {
  const parsed = ExplainQuery.safeParse(question);
  if (!parsed.success)
    return { ok: false, code: 'invalid', message: parsed.error.issues[0]?.message ?? 'not a question' };
  const { incidentId, at } = parsed.data;
  const incident = await copyOf(tools.incidents, incidentId);
  if (incident === undefined) return { ok: false, code: 'not_found', message: `no incident ${incidentId}` };
  const now = at === undefined ? tools.now() : Date.parse(at);
  const steps: Explained['steps'] = [];
  const deliveries: Explained['deliveries'] = [];
  for (const target of routeIncident(incident, tools.policy, now)) {
    const explained = await explainTarget(tools, { incident, target, now });
    steps.push(...explained.steps.map(spell));
    deliveries.push(...explained.deliveries);
  }
  const told = (await tools.receipts.list()).filter((receipt) => receipt.incidentId === incidentId);
  const instead = await Promise.all(told.flatMap(({ via }) => via ?? []).map((id) => tools.receipts.get(id)));
  const receipts = [...told, ...instead.filter((receipt) => receipt?.incidentId === undefined)]
    .filter((receipt) => receipt !== undefined)
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .slice(-MAX_RECEIPTS);
  return { ok: true, steps, deliveries, receipts };
}

async function explainTarget(
  tools: TellTools & { readonly settle: SettlePolicy },
  { incident, target, now }: { readonly incident: Incident; readonly target: Target; readonly now: number },
): Promise<{ readonly steps: readonly StageStep[]; readonly deliveries: Explained['deliveries'] }> {
  const { steps, end } = decide(incident, target, {
    policy: tools.policy,
    silences: tools.silences.all(),
    now,
  });
  const [route, ...rest] = steps;
  const wait = settleDelay(incident, 1, tools.settle);
  const group: StageStep = { stage: 'group', outcome: pass(wait > 0 ? 'group-wait' : 'complete') };
  const before = [
    ...(route === undefined ? [] : [route]),
    ...(route?.outcome.kind === 'pass' ? [group] : []),
    ...rest,
  ];
  if (end.kind === 'suppress') return { steps: before, deliveries: [] };
  const begun = end.kind === 'hold' ? end.until : now;
  const deliveries = timetable(target, begun, tools.policy.channels);
  if (end.kind === 'hold') return { steps: before, deliveries };

  const after: StageStep[] = [];
  for (const stage of [
    { stage: 'dedup', outcome: await dedup(tools, incident, target) },
    { stage: 'throttle', outcome: await throttle(tools, incident, target) },
    { stage: 'render', outcome: pass('rendered') },
    { stage: 'send', outcome: pass('channel-on', target.channels.join(', ')) },
  ]) {
    after.push(stage);
    if (stage.outcome.kind !== 'pass') break;
  }
  return { steps: [...before, ...after], deliveries };
}

/** Who would be told when, if nobody acknowledges it. */
function timetable(target: Target, begun: number, enabled: readonly string[]): Explained['deliveries'] {
  const rows = target.channels.map((channel) => ({ channel, at: iso(begun), step: 0 }));
  let at = begun;
  for (const [index, { after, channels }] of target.ladder.entries()) {
    at += after;
    for (const channel of channels.filter((name) => enabled.includes(name)))
      rows.push({ channel, at: iso(at), step: index + 1 });
  }
  return rows;
}

async function dedup(tools: TellTools, incident: Incident, { channels }: Target): Promise<Outcome> {
  const told: string[] = [];
  for (const channel of channels) {
    const receipt = await tools.receipts.get(notificationId(incident, 'opened', channel));
    const known = dedupOpening(receipt);
    if (known === 'settled' || known === 'again') told.push(`${channel}: ${receipt?.status}`);
  }
  return told.length === channels.length
    ? suppress('settled', told.join(', '))
    : pass('first', told.length === 0 ? undefined : told.join(', '));
}

async function throttle(tools: TellTools, incident: Incident, { channels }: Target): Promise<Outcome> {
  const message = { incidentId: incident.id, isCritical: incident.severity === 'critical' };
  for (const channel of channels) {
    const outcome = await tools.counts.look(channel, message);
    if (outcome.kind !== 'pass') return { ...outcome, detail: channel };
  }
  return pass('within-rate');
}

function spell({ stage, outcome }: StageStep): Explained['steps'][number] {
  const { kind, reason, detail } = outcome;
  const until = outcome.kind === 'hold' ? `until ${iso(outcome.until)}` : undefined;
  const words = [detail, until].filter((word) => word !== undefined).join(', ');
  return { stage, outcome: kind, reason, ...(words === '' ? {} : { detail: words }) };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
