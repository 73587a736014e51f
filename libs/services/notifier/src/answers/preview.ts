import { type PreviewAnswer, PreviewQuery } from '@proxmox-mcp/schemas';
import { copyOf } from '../lines/newest.ts';
import type { TellTools } from '../lines/tell.ts';
import { routeIncident } from '../stages/route.ts';

/** Answers `notifier.query.preview`: writes the messages as they would be sent, and sends none. */
export async function answerPreview(
  tools: Pick<TellTools, 'incidents' | 'policy' | 'render' | 'linkBase' | 'now'>,
  question: unknown,
): Promise<PreviewAnswer> {
  const parsed = PreviewQuery.safeParse(question);
  if (!parsed.success)
    return { ok: false, code: 'invalid', message: parsed.error.issues[0]?.message ?? 'not a question' };
  const { incidentId, kind, channel, preset } = parsed.data;
  const { channels } = tools.policy;
  if (channel !== undefined && !channels.includes(channel))
    return { ok: false, code: 'invalid', message: `${channel} is not on; on: ${channels.join(', ')}` };
  const incident = await copyOf(tools.incidents, incidentId);
  if (incident === undefined) return { ok: false, code: 'not_found', message: `no incident ${incidentId}` };
  const asked = channel === undefined ? channels : [channel];
  const targets = routeIncident(incident, tools.policy, tools.now());
  const messages = asked.map((name) => {
    const route = targets.find((target) => target.channels.includes(name));
    const options = { linkBase: tools.linkBase, preset: preset ?? route?.preset };
    const { title, body } = tools.render(incident, kind, options);
    return { channel: name, title, body };
  });
  return { ok: true, messages };
}
