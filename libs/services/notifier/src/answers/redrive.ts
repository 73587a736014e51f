import type { Bus } from '@proxmox-mcp/bus';
import { type RedriveAnswer, RedriveCommand, subjects } from '@proxmox-mcp/schemas';
import { copyOf } from '../lines/newest.ts';
import type { TellTools } from '../lines/tell.ts';
import { receiptOf } from '../stages/record.ts';

/** Answers `notifier.command.redrive`: what was given up is tried again as if it were new, under its own id. */
export async function answerRedrive(
  tools: Pick<TellTools, 'incidents' | 'receipts' | 'now'> & { readonly bus: Pick<Bus, 'publish'> },
  question: unknown,
): Promise<RedriveAnswer> {
  const parsed = RedriveCommand.safeParse(question);
  if (!parsed.success)
    return { ok: false, code: 'invalid', message: parsed.error.issues[0]?.message ?? 'not a command' };
  const { id } = parsed.data;
  const found = await tools.receipts.find(id);
  const kept = await tools.receipts.kept(id);
  if (found === undefined || kept === undefined)
    return { ok: false, code: 'not_found', message: `no notification ${id} was given up` };
  if (found.receipt.status !== 'failed')
    return { ok: false, code: 'invalid', message: `it is ${found.receipt.status}` };
  const incident = kept.incidentId === undefined ? undefined : await copyOf(tools.incidents, kept.incidentId);
  // Its end was owed to nobody by then: an opening now would be one without an end.
  if (kept.kind === 'opened' && incident?.status === 'resolved')
    return { ok: false, code: 'invalid', message: 'the incident is over' };
  const now = tools.now();
  const receipt = receiptOf(kept, { status: 'pending', attempts: 0 }, now);
  if (!(await tools.receipts.replace(found, receipt)))
    return { ok: false, code: 'invalid', message: 'another has sent it again meanwhile' };
  // The bus has seen the id before: this is another message with the same notification in it.
  await tools.bus.publish(
    subjects.notification(kept.channel),
    { ...kept, createdAt: new Date(now).toISOString() },
    { id: `${id}-again-${found.revision}` },
  );
  return { ok: true, receipt };
}
