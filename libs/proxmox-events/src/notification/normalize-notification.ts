import type { EventDraft, InventorySource, NormalizeResult } from '@proxmox-mcp/schemas';
import { cleanText, stripFence, tidyLine } from '../clean-text.ts';
import { createLocalClock } from '../local-clock.ts';
import { raisedBySource, severityOf } from '../severity.ts';
import type { Outcome } from '../taxonomy.ts';
import { parseUpid } from '../upid/parse-upid.ts';
import { NOTIFICATION_KINDS, kindNamed } from './kinds/kinds.ts';
import { readLabels } from './labels.ts';
import { placeOf } from './place.ts';
import type {
  NotificationInput,
  NotificationKind,
  NotificationReading,
  NotificationRoute,
  NotificationText,
} from './notification.ts';

/** Longer messages are cut here: proxmox-notify itself stops at 1 MiB of log. */
const MAX_MESSAGE = 2 * 1024 * 1024;
const MAX_TITLE = 1_000;
const MAX_TEXT_BODY = 65_536;
/** Before Proxmox VE 1.5: no sender of ours has such a clock. */
const ANCIENT = 1_262_304_000;
/** Sender severities that say how an activity ended. */
const OUTCOME_OF_SEVERITY: ReadonlyMap<string, Outcome> = new Map([
  ['info', 'succeeded'],
  ['notice', 'succeeded'],
  ['warning', 'warned'],
  ['error', 'failed'],
  ['critical', 'failed'],
]);

/**
 * Reads a notification of PVE 7–9 or PBS 2–4, whatever channel it came by. Structured fields decide where the channel has
 * them: templates can be rewritten by the admin, so text only adds facts. Without fields the text decides, and a success
 * that the body does not show is refused. A type nobody knows becomes `notification.unmapped`; nothing is dropped.
 */
export function normalizeNotification(input: NotificationInput, route: NotificationRoute): NormalizeResult {
  const title = cleanText(input.title.slice(0, MAX_TITLE));
  const message = cleanText(stripFence(input.message.slice(0, MAX_MESSAGE)));
  if (title.text.trim() === '' && message.text.trim() === '') return { reject: true, reason: 'empty' };
  const truncated = input.truncated === true || input.message.length > MAX_MESSAGE;
  const fields = input.fields ?? {};
  const text = cutText(tidyLine(title.text), message.text, route.sources[0]);
  const named = fields['type'];
  const kind = named === undefined ? NOTIFICATION_KINDS.find((k) => k.recognises(text)) : kindNamed(named);
  const marks = {
    ...(truncated ? { truncated: true } : {}),
    ...(title.sanitized || message.sanitized ? { sanitized: true } : {}),
  };
  const reading: NotificationReading = kind?.read(text) ?? { evidence: true, facts: { title: text.title } };
  const said = input.severity ?? input.guessedSeverity;
  const outcome = outcomeOf(said, named !== undefined, reading);
  if (kind?.family !== undefined && outcome === 'succeeded' && named === undefined && !reading.evidence) {
    return { reject: true, reason: 'unrecognised-body', detail: 'a success that the body does not show' };
  }
  const type = typeOf(kind, reading, outcome);
  const target = reading.facts['target_node'];
  const product = kind?.product ?? input.senderProduct;
  const place = placeOf(fields['hostname'] ?? reading.node ?? input.senderHost, route.sources, {
    ...(product === undefined ? {} : { product }),
    ...(reading.cluster === undefined ? {} : { cluster: reading.cluster }),
    ...(typeof target === 'string' ? { peer: target } : {}),
  });
  const storage = fields['datastore'] ?? reading.storage;
  const upid = reading.upid === undefined ? undefined : parseUpid(reading.upid);
  if (upid !== undefined && contradicts(upid.node, place.node)) {
    return {
      reject: true,
      reason: 'upid-contradiction',
      detail: 'the task id names another node than the notification',
    };
  }
  const facts = {
    ...reading.facts,
    ...structuredFacts(fields),
    notification_type: named ?? kind?.name ?? 'unknown',
    ...(input.severity === undefined ? {} : { source_severity: input.severity }),
    ...(kind !== undefined && !reading.evidence ? { unparsed_body: true } : {}),
    ...marks,
  };
  const draft: EventDraft = {
    type,
    severity: reading.severity ?? raised(type, facts, said),
    product: place.product,
    ...(place.cluster === undefined ? {} : { cluster: place.cluster }),
    ...(place.node === undefined ? {} : { node: place.node }),
    ...guestOf(type, facts),
    ...(storage === undefined ? {} : { storage }),
    ...(upid === undefined || reading.upid === undefined ? {} : { upid: reading.upid }),
    ...timeOf(input.timestamp, facts),
    facts,
    text: { title: text.title, body: text.body.slice(0, MAX_TEXT_BODY) },
  };
  return { events: [draft] };
}

/** The notification type that title and body show, as the `type` field would name it; `undefined` when neither is Proxmox's. */
export function recogniseNotification(title: string, message: string): string | undefined {
  const text = cutText(
    tidyLine(cleanText(title.slice(0, MAX_TITLE)).text),
    cleanText(stripFence(message)).text,
  );
  return NOTIFICATION_KINDS.find((kind) => kind.recognises(text))?.name;
}

function cutText(title: string, body: string, source?: InventorySource): NotificationText {
  const lines = body.split('\n');
  return {
    title,
    body,
    lines,
    labels: readLabels(lines),
    clock: createLocalClock(source?.timezone ?? 'UTC'),
  };
}

function outcomeOf(said: string | undefined, structured: boolean, reading: NotificationReading): Outcome {
  const bySeverity = OUTCOME_OF_SEVERITY.get(said ?? '');
  if (structured && bySeverity !== undefined) return bySeverity;
  return reading.outcome ?? bySeverity ?? 'unknown';
}

function typeOf(kind: NotificationKind | undefined, reading: NotificationReading, outcome: Outcome): string {
  if (kind === undefined) return 'notification.unmapped';
  if (kind.family !== undefined) return `${kind.family}.${outcome}`;
  return reading.type ?? kind.type ?? 'notification.unmapped';
}

function raised(type: string, facts: Record<string, unknown>, sourceSeverity: string | undefined) {
  const own = severityOf(type, facts);
  return type === 'notification.unmapped' ? raisedBySource(own, sourceSeverity) : own;
}

function contradicts(upidNode: string, node: string | undefined): boolean {
  return node !== undefined && upidNode.toLowerCase() !== node.toLowerCase();
}

function structuredFacts(fields: Readonly<Record<string, string>>): Record<string, unknown> {
  return {
    ...(fields['job-id'] === undefined ? {} : { job_id: fields['job-id'] }),
    ...(fields['datastore'] === undefined ? {} : { datastore: fields['datastore'] }),
    ...(fields['media-pool'] === undefined ? {} : { media_pool: fields['media-pool'] }),
  };
}

/** A replication job is named `<vmid>-<number>`. */
function guestOf(type: string, facts: Readonly<Record<string, unknown>>): Pick<EventDraft, 'guest'> {
  if (type !== 'replication.job.failed') return {};
  const vmid = /^([1-9]\d{0,8})-\d{1,9}$/.exec(String(facts['job_id']))?.[1];
  return vmid === undefined ? {} : { guest: { kind: 'unknown', vmid: Number(vmid) } };
}

function timeOf(timestamp: number | undefined, facts: Record<string, unknown>): Pick<EventDraft, 'at'> {
  if (timestamp === undefined) return {};
  if (timestamp >= ANCIENT) return { at: timestamp };
  facts['clock_skew'] = true;
  return {};
}
