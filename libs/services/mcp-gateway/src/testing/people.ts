import type { Bus } from '@proxmox-mcp/bus';
import {
  ExplainQuery,
  MaintenanceCommand,
  PreviewQuery,
  requests,
  SilenceCommand,
  type DeliveryReceipt,
  type ExplainAnswer,
  type MaintenanceAnswer,
  type MaintenanceWindow,
  type PreviewAnswer,
  type Silence,
  type SilenceAnswer,
} from '@proxmox-mcp/schemas';

const AT = '2026-11-20T10:00:00.000Z';

/** What was asked, held against the schemas as the services do. */
export interface Asked {
  readonly maintenance: MaintenanceCommand[];
  readonly silence: SilenceCommand[];
  readonly explain: ExplainQuery[];
  readonly preview: PreviewQuery[];
}

/** A receipt as the notifier writes it. */
export function receipt(id: string, more: Partial<DeliveryReceipt> = {}): DeliveryReceipt {
  return { id, channel: 'gotify', incidentId: 'inc-1', status: 'sent', attempts: 1, at: AT, ...more };
}

/** Puts receipts where the notifier keeps them. */
export async function seedReceipts(bus: Bus, ...receipts: readonly DeliveryReceipt[]): Promise<void> {
  const deliveries = await bus.kv('DELIVERIES');
  for (const each of receipts) await deliveries.put(each.id, JSON.stringify(each));
}

/**
 * The far end of what people ask about who is told: windows and silences in memory, one explanation and one message, about `inc-1`.
 *
 * @param explanation what the notifier says of `inc-1`.
 */
export async function answerPeople(
  bus: Bus,
  explanation: Partial<Extract<ExplainAnswer, { ok: true }>> = {},
): Promise<Asked> {
  const asked: Asked = { maintenance: [], silence: [], explain: [], preview: [] };
  const windows = new Map<string, MaintenanceWindow>();
  const silences = new Map<string, Silence>();
  const none = { ok: false, code: 'not_found', message: 'there is none of this id' } as const;

  await bus.answer(requests.maintenance, 'state', (question): MaintenanceAnswer => {
    const command = MaintenanceCommand.parse(question);
    asked.maintenance.push(command);
    const known = windows.get(command.id ?? '');
    const changed = windowAfter(command, known, windows.size + 1);
    if (command.op !== 'list' && changed === undefined) return none;
    if (changed !== undefined) windows.set(changed.id, changed);
    const open = [...windows.values()].filter(({ closedAt }) => closedAt === undefined);
    return { ok: true, ...(changed === undefined ? {} : { window: changed }), windows: open };
  });

  await bus.answer(requests.silence, 'notifier', (question): SilenceAnswer => {
    const command = SilenceCommand.parse(question);
    asked.silence.push(command);
    const known = silences.get(command.id ?? '');
    const changed = silenceAfter(command, known, silences.size + 1);
    if (command.op === 'expire' && changed === undefined) return none;
    if (changed !== undefined) silences.set(changed.id, changed);
    const inForce = [...silences.values()].filter(({ expiredAt }) => expiredAt === undefined);
    const hits =
      command.match === undefined
        ? []
        : [{ id: 'inc-1', title: 'Backup failed: "tank is full"', severity: 'error' as const }];
    return { ok: true, ...(changed === undefined ? {} : { silence: changed }), silences: inForce, hits };
  });

  await bus.answer(requests.explain, 'notifier', (question): ExplainAnswer => {
    const query = ExplainQuery.parse(question);
    asked.explain.push(query);
    if (query.incidentId !== 'inc-1') return none;
    return {
      ok: true,
      steps: [
        { stage: 'route', outcome: 'pass', reason: 'matched', detail: 'route backups' },
        { stage: 'silence', outcome: 'pass', reason: 'none' },
      ],
      deliveries: [{ channel: 'gotify', at: AT, step: 0 }],
      receipts: [receipt('inc-1-opened-gotify')],
      ...explanation,
    };
  });

  await bus.answer(requests.preview, 'notifier', (question): PreviewAnswer => {
    const query = PreviewQuery.parse(question);
    asked.preview.push(query);
    if (query.incidentId !== 'inc-1') return none;
    const channel = query.channel ?? 'gotify';
    return {
      ok: true,
      messages: [{ channel, title: 'ERROR: Backup of VM 105 failed', body: 'Why: tank\nDone: nothing' }],
    };
  });
  return asked;
}

function windowAfter(
  { op, id, match = {}, from = AT, until = AT, reason = '', by, effect = 'mute' }: MaintenanceCommand,
  known: MaintenanceWindow | undefined,
  number: number,
): MaintenanceWindow | undefined {
  if (op === 'open') return { id: id ?? `mw-${number}`, match, from, until, reason, by, effect };
  if (known === undefined) return undefined;
  return op === 'extend' ? { ...known, until } : { ...known, closedAt: AT };
}

function silenceAfter(
  { op, match = {}, from = AT, until = AT, reason = '', by }: SilenceCommand,
  known: Silence | undefined,
  number: number,
): Silence | undefined {
  if (op === 'add') return { id: `si-${number}`, match, from, until, reason, by };
  return op === 'expire' && known !== undefined ? { ...known, expiredAt: AT } : undefined;
}
