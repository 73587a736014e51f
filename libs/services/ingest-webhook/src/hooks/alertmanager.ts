import type { HostIndex } from '@proxmox-mcp/proxmox-events';
import type { EventDraft, GuestRef, InventorySource, NormalizeResult } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import type { Body } from '../parse.ts';
import { refuse, type Refused } from '../delivery.ts';
import { foreignDraft, identityOf } from './foreign-draft.ts';
import { epochSeconds, severityOfWord } from './words.ts';

const MAX_ALERTS = 1_000;
const MAX_VALUE = 500;
const MAX_LABELS = 64;

const Labels = z
  .record(
    z.string().max(200),
    z.string().transform((text) => text.slice(0, MAX_VALUE)),
  )
  .refine((labels) => Object.keys(labels).length <= MAX_LABELS)
  .default({});

/** One alert of the webhook body, version 4 (prometheus.io/docs/alerting/latest/configuration, webhook_config). */
const Alert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: Labels,
  annotations: Labels,
  startsAt: z.string().max(64).optional(),
  endsAt: z.string().max(64).optional(),
  /** Of the labels; the same for one alert through all its life. */
  fingerprint: z.string().min(1).max(64).optional(),
});
type Alert = z.infer<typeof Alert>;

/** Grafana's contact points send the same shape, with more keys. */
const Delivery = z.object({ alerts: z.array(z.unknown()).max(MAX_ALERTS) });

/** Labels that name a host of ours, the most exact first. */
const HOST_LABELS = ['node', 'nodename', 'hostname', 'host', 'instance', 'target'];

export interface AlertmanagerOptions {
  /** Last part of the path. */
  readonly name: string;
  readonly source?: InventorySource | undefined;
  readonly index: HostIndex;
}

/**
 * One event per alert and status. A repeated notification of the same alert (`repeat_interval`) is the same event. Alerts
 * that cannot be read are counted in `rejected`; when none can, the delivery is refused.
 */
export function readAlertmanagerHook(body: Body, options: AlertmanagerOptions): NormalizeResult | Refused {
  const parsed = Delivery.safeParse(body.kind === 'json' ? body.value : undefined);
  if (!parsed.success)
    return refuse('schema', `expected the webhook body of Alertmanager, with at most ${MAX_ALERTS} alerts`);
  const events: EventDraft[] = [];
  let rejected = 0;
  for (const raw of parsed.data.alerts) {
    const alert = Alert.safeParse(raw);
    if (alert.success) events.push(alertDraft(alert.data, options));
    else rejected++;
  }
  if (rejected > 0 && events.length === 0) return refuse('schema', 'no alert of the body could be read');
  return rejected === 0 ? { events } : { events, rejected };
}

function alertDraft(alert: Alert, { name, source, index }: AlertmanagerOptions): EventDraft {
  const { status, labels, annotations, startsAt, endsAt } = alert;
  const alertname = labels['alertname'] ?? 'alert';
  const fingerprint = alert.fingerprint ?? identityOf(Object.entries(labels).sort()).slice(0, 16);
  const isFiring = status === 'firing';
  // Nobody who writes an alert without a severity means it to be ignored.
  const severity = isFiring ? (severityOfWord(labels['severity'] ?? '') ?? 'warning') : 'info';
  const summary = annotations['summary'] ?? annotations['title'] ?? alertname;
  const subject = subjectOf(labels);
  const draft = foreignDraft(
    {
      title: isFiring ? summary : `Resolved: ${summary}`,
      message: annotations['description'] ?? annotations['message'] ?? '',
      severity,
      type: alertname,
      hosts: [subject.node, ...HOST_LABELS.map((label) => labels[label])].filter(
        (host) => host !== undefined,
      ),
      at: epochSeconds(isFiring ? startsAt : endsAt),
      product: source?.product ?? 'pve',
      identity: identityOf(fingerprint, startsAt ?? null, status),
      facts: {
        sender: name,
        alertname,
        status,
        fingerprint,
        labels,
        annotations,
        ...timesOf(startsAt, endsAt),
      },
    },
    index,
  );
  const isHere = draft.node !== undefined && draft.product === 'pve';
  return isHere && subject.guest !== undefined ? { ...draft, guest: subject.guest } : draft;
}

/** Zero times are Go's way to say that there is none. */
function timesOf(startsAt: string | undefined, endsAt: string | undefined): Record<string, number> {
  const starts = epochSeconds(startsAt);
  const ends = epochSeconds(endsAt);
  return {
    ...(starts === undefined ? {} : { starts_at: starts }),
    ...(ends === undefined ? {} : { ends_at: ends }),
  };
}

/** `id` as prometheus-pve-exporter has it: `node/pve1`, `qemu/101`, `lxc/205`, `storage/pve1/local`. */
function subjectOf(labels: Readonly<Record<string, string>>): { node?: string; guest?: GuestRef } {
  const [, kind, rest = ''] = /^(node|storage|qemu|lxc)\/([^/]{1,64})/.exec(labels['id'] ?? '') ?? [];
  if (kind === 'node' || kind === 'storage') return { node: rest };
  if ((kind === 'qemu' || kind === 'lxc') && /^[1-9]\d{0,8}$/.test(rest))
    return { guest: { kind, vmid: Number(rest) } };
  return {};
}
