import { normalizeNotification, type HostIndex } from '@proxmox-mcp/proxmox-events';
import {
  WebhookMapping,
  type InventorySource,
  type NormalizeResult,
  type Severity,
} from '@proxmox-mcp/schemas';
import type { Body } from '../parse.ts';
import { refuse, type Refused } from '../delivery.ts';
import { foreignDraft, identityOf } from './foreign-draft.ts';
import { asText, valueAt } from './json-path.ts';
import { epochSeconds, severityOfWord } from './words.ts';

/** Keys that senders use, the most telling first; looked for in the body, then in the objects right below it. */
const GUESSES = {
  title: ['title', 'subject', 'summary', 'alertname', 'name', 'event'],
  message: ['message', 'text', 'body', 'description', 'msg', 'content', 'output', 'details'],
  severity: ['severity', 'level', 'priority', 'status', 'state', 'urgency'],
  type: ['type', 'event_type', 'kind', 'category'],
  node: ['node', 'hostname', 'host', 'instance', 'server'],
  timestamp: ['timestamp', 'time', 'date', 'datetime', 'created_at', 'startsAt'],
} as const;
type Wanted = keyof typeof GUESSES;
/** A body has a handful of objects right below it, not thousands. */
const MAX_OBJECTS = 20;
const NO_MAPPING = WebhookMapping.parse({});

export interface GenericOptions {
  /** Last part of the path. */
  readonly name: string;
  /** The host of ours of that name: what it relays may be a notification of Proxmox. */
  readonly source?: InventorySource | undefined;
  readonly mapping?: WebhookMapping | undefined;
  readonly index: HostIndex;
}

/** Reads any JSON by the mapping of its sender; what the mapping leaves out is guessed. */
export function readGenericHook(body: Body, options: GenericOptions): NormalizeResult | Refused {
  const { name, source, mapping = NO_MAPPING, index } = options;
  const read = body.kind === 'text' ? textReader(body) : jsonReader(body.value, mapping);
  const title = asText(read('title')) ?? '';
  const message = asText(read('message')) ?? '';
  if (title.trim() === '' && message.trim() === '') {
    const detail = `nothing in the body looks like a title or a message; name them in webhook.mappings.${name} of the inventory`;
    return refuse('schema', detail);
  }
  const said = asText(read('severity'));
  const severity = said === undefined ? undefined : severityMeant(said, mapping);
  const at = epochSeconds(read('timestamp'));
  const type = asText(read('type'));
  const host = asText(read('node'));
  if (source !== undefined) {
    const input = {
      title,
      message,
      ...(severity === undefined ? {} : { severity }),
      ...(at === undefined ? {} : { timestamp: at }),
      ...(host === undefined ? {} : { senderHost: host }),
    };
    return normalizeNotification(input, { sources: [source] });
  }
  const draft = foreignDraft(
    {
      title: title.trim() === '' ? (message.split('\n', 1)[0] ?? '') : title,
      message,
      severity: severity ?? 'info',
      type: type ?? name,
      hosts: host === undefined ? [] : [host],
      at,
      product: mapping.product,
      ...(at === undefined ? {} : { identity: identityOf(title, message, said, at, type, host) }),
      facts: { ...(said === undefined ? {} : { said_severity: said.slice(0, 40) }) },
    },
    index,
  );
  return { events: [draft] };
}

type Reader = (wanted: Wanted) => unknown;

function textReader({ title, text }: Extract<Body, { kind: 'text' }>): Reader {
  return (wanted) => (wanted === 'title' ? title : wanted === 'message' ? text : undefined);
}

function jsonReader(value: unknown, mapping: WebhookMapping): Reader {
  return (wanted) => {
    const mapped = mapping[wanted];
    if (mapped === undefined) return guess(value, wanted);
    return mapped.startsWith('$') ? valueAt(value, mapped) : mapped;
  };
}

function guess(value: unknown, wanted: Wanted): unknown {
  if (typeof value === 'string') return wanted === 'message' ? value : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const items: unknown[] = Object.values(value);
  const below = items.filter((item): item is object => typeof item === 'object' && item !== null);
  for (const object of [value, ...below.slice(0, MAX_OBJECTS)]) {
    for (const key of GUESSES[wanted]) {
      const found = Object.hasOwn(object, key) ? asText((object as Record<string, unknown>)[key]) : undefined;
      if (found !== undefined && found.trim() !== '' && isUseful(found, wanted)) return found;
    }
  }
  return undefined;
}

/** A guess at a severity or a time has to be one; texts are taken as they are. */
function isUseful(found: string, wanted: Wanted): boolean {
  if (wanted === 'severity') return severityOfWord(found) !== undefined;
  return wanted !== 'timestamp' || epochSeconds(found) !== undefined;
}

function severityMeant(said: string, { severities = {} }: WebhookMapping): Severity | undefined {
  return Object.hasOwn(severities, said) ? severities[said] : severityOfWord(said);
}
