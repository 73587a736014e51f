import { isDeepStrictEqual } from 'node:util';
import type { Event } from '@proxmox-mcp/schemas';
import { partsOf } from './identity.ts';
import { common, madeIn, type Interval } from './notification-clock.ts';

/** Copies of one notification, and what they tell together. */
export interface Copies {
  readonly events: readonly Event[];
  readonly content: Content;
  /** When it can have been made. */
  readonly made: Interval;
  /** `true` failed, `false` went well; `undefined` for conditions. */
  readonly failed: boolean | undefined;
  /** What one of them tells may be the beginning only. */
  readonly isCut: boolean;
  /** A single copy that may be of several others: it stands for none, and claims no task. */
  readonly isAmbiguous: boolean;
}

/** What a notification says, whatever its channel did to the text. What it does not tell is absent. */
type Content = Readonly<Record<string, unknown>>;

/** Facts that tell of the channel, or of how well the text could be read. */
const OF_CHANNEL: ReadonlySet<string> = new Set([
  'notification_type',
  'source_severity',
  'gotify_id',
  'gotify_priority',
  'discord_id',
  'ntfy_id',
  'message_id',
  'fqdn',
  'datastore',
  'truncated',
  'sanitized',
  'unparsed_body',
  'log_omitted',
  'clock_skew',
  'last_sync',
  'next_sync',
]);

/** How the activity ended, as far as telling notifications apart goes: a warning is a success with remarks. */
export function hasFailed(type: string): boolean | undefined {
  const { outcome } = partsOf(type);
  return outcome === undefined ? undefined : !(outcome === 'succeeded' || outcome === 'warned');
}

/**
 * Puts copies of one notification together: same source, same content, made at the same time. Better informed ones go first and the
 * poorer ones join the only group they fit; one that fits several tells too little to say which, and stands alone.
 */
export function copiesOf(notifications: readonly Event[]): Copies[] {
  const groups: Copies[] = [];
  const sorted = notifications
    .map((event) => ({
      event,
      content: contentOf(event),
      made: madeIn(event),
      failed: hasFailed(event.type),
    }))
    .sort((a, b) => richness(b.content) - richness(a.content) || order(a.event, b.event));
  for (const { event, content, made, failed } of sorted) {
    const isCut = event.facts['truncated'] === true || event.facts['log_omitted'] === true;
    const fitting = groups.filter(
      (group) =>
        group.failed === failed &&
        !group.isAmbiguous &&
        common(group.made, made) !== undefined &&
        agree(group.content, content, group.isCut || isCut),
    );
    const [group] = fitting;
    if (fitting.length !== 1 || group === undefined) {
      groups.push({ events: [event], content, made, failed, isCut, isAmbiguous: fitting.length > 1 });
      continue;
    }
    groups[groups.indexOf(group)] = {
      ...group,
      events: [...group.events, event],
      content: { ...content, ...group.content },
      made: common(group.made, made) ?? made,
      isCut: group.isCut || isCut,
    };
  }
  return groups;
}

function contentOf({ type, cluster, node, storage, facts, text, product }: Event): Content {
  const told = Object.entries(facts).filter(
    ([key, value]) => !OF_CHANNEL.has(key) && value !== undefined && value !== null,
  );
  const { family } = partsOf(type);
  return {
    family,
    // A host that runs both products is of a cluster for one and stands alone for the other.
    ...(cluster === undefined ? {} : { [`${product} cluster`]: cluster }),
    ...(node === undefined ? {} : { node }),
    ...(storage === undefined ? {} : { storage }),
    ...Object.fromEntries(told),
    // Only a webhook carries the fields: what it has none of, there is none of. The bodies of PBS name the job anyhow.
    ...(facts['source_severity'] !== undefined && facts['job_id'] === undefined && product === 'pve'
      ? { job_id: '' }
      : {}),
    ...(family === 'system.mail.received' ? { body: tidy(text?.body ?? '') } : {}),
  };
}

/** Whether two contents contradict each other nowhere. What was cut only has to be a beginning. */
function agree(a: Content, b: Content, isCutOff: boolean): boolean {
  return Object.keys(a).every((key) => {
    if (!Object.hasOwn(b, key)) return true;
    return isDeepStrictEqual(a[key], b[key]) || (isCutOff && isBeginning(a[key], b[key]));
  });
}

function isBeginning(a: unknown, b: unknown): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a.startsWith(b) || b.startsWith(a);
  if (isRecord(a) && isRecord(b)) return isPart(a, b) || isPart(b, a);
  if (!Array.isArray(a) || !Array.isArray(b)) return false;
  const length = Math.min(a.length, b.length);
  return length > 0 && isDeepStrictEqual(a.slice(0, length), b.slice(0, length));
}

/** Whether the first has nothing that the second has not, or has the beginning of it: errors by guest, cut in one of them. */
function isPart(part: Content, whole: Content): boolean {
  return Object.entries(part).every(
    ([key, value]) =>
      Object.hasOwn(whole, key) && (isDeepStrictEqual(value, whole[key]) || isBeginning(value, whole[key])),
  );
}

const isRecord = (value: unknown): value is Content =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const richness = (content: Content) => Object.keys(content).length;

const order = (a: Event, b: Event) =>
  a.receivedAt < b.receivedAt ? -1 : a.receivedAt > b.receivedAt ? 1 : a.id < b.id ? -1 : 1;

const tidy = (text: string) => text.replace(/\s+/g, ' ').trim();
