import type { Bus } from '@proxmox-mcp/bus';
import { DeliveryReceipt, type ExplainAnswer } from '@proxmox-mcp/schemas';
import { markFreeText } from '../call/untrusted.ts';

/**
 * What became of every notification, newest first. The notifier keeps a receipt per incident and channel for some weeks; they are read
 * when somebody asks, because a copy in memory that is full would say "told nobody".
 */
export async function allReceipts(bus: Bus): Promise<DeliveryReceipt[]> {
  const deliveries = await bus.kv('DELIVERIES');
  const found = (await deliveries.list()).flatMap(({ value }) => readReceipt(value) ?? []);
  return found.sort((a, b) => b.at.localeCompare(a.at));
}

function readReceipt(value: string): DeliveryReceipt | undefined {
  try {
    return DeliveryReceipt.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}

/** A receipt as answers show it: to whom, what came of it, when. Ids and reasons of channels are foreign. */
export function receiptRow({
  remoteId,
  incidentId,
  firstAttemptAt: _first,
  ...rest
}: DeliveryReceipt): Record<string, unknown> {
  const row = {
    ...rest,
    ...(incidentId === undefined ? {} : { incident: incidentId }),
    ...(remoteId === undefined ? {} : { remote_id: remoteId }),
  };
  // The same keys; only words of strangers change.
  return markFreeText(row) as Record<string, unknown>;
}

/** What would become of an incident's message, and what did. Names of routes, silences and windows were written by people. */
export function explanationRow(answer: Extract<ExplainAnswer, { ok: true }>): Record<string, unknown> {
  return {
    steps: markFreeText(answer.steps),
    deliveries: answer.deliveries,
    receipts: answer.receipts.map(receiptRow),
  };
}
