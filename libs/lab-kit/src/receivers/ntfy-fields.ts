import { isObject, jsonOf, type Received, type Reply } from './http-receiver.ts';

/** What a publisher asks for, however it was written. */
export interface NtfyDraft {
  readonly topic: string;
  readonly message: string;
  readonly title?: string;
  readonly priority?: number;
  readonly tags?: readonly string[];
  readonly click?: string;
  readonly content_type?: string;
  readonly sequence_id?: string;
}

/** ntfy's message limit; reached, not passed, is already too much (server: `LimitReached: read == limit`). */
const MESSAGE_LIMIT = 4_096;
const TOPIC = /^[-_A-Za-z0-9]{1,64}$/;
const DISALLOWED = new Set([
  'docs',
  'static',
  'file',
  'app',
  'metrics',
  'account',
  'settings',
  'signup',
  'login',
  'v1',
]);

/** An error as ntfy words it. */
export function ntfyFault(code: number, error: string, link?: string): Reply {
  const http = Math.floor(code / 100);
  return {
    status: http,
    body: { code, http, error, ...(link === undefined ? {} : { link: `https://ntfy.sh/docs/${link}` }) },
  };
}

/** Reads JSON published to `/`. @returns the reply that refuses it when it cannot. */
export function readJsonDraft(request: Received): NtfyDraft | Reply {
  if (request.body.length >= 2 * MESSAGE_LIMIT) return ntfyFault(41303, 'JSON body too large');
  const json = jsonOf(request.body);
  if (!isObject(json)) return ntfyFault(40024, 'invalid request: request body must be valid JSON');
  const { topic, title, message, priority, tags, click, markdown, sequence_id } = json;
  const strings = [topic, title, message, click, sequence_id].every(
    (v) => v === undefined || typeof v === 'string',
  );
  const isList = tags === undefined || (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'));
  if (
    !strings ||
    !isList ||
    (priority !== undefined && (typeof priority !== 'number' || !Number.isInteger(priority)))
  ) {
    return ntfyFault(40024, 'invalid request: request body must be valid JSON');
  }
  return check({
    topic: text(topic),
    title: text(title),
    message: text(message),
    priority: typeof priority !== 'number' || priority === 0 ? '' : String(priority),
    tags: Array.isArray(tags) ? tags.map(String) : [],
    click: text(click),
    markdown: markdown === true,
    sequenceId: text(sequence_id),
  });
}

/** Reads a body published to `/<topic>`, with headers or query parameters beside it. */
export function readPlainDraft(request: Received, topic: string): NtfyDraft | Reply {
  const param = (...names: string[]) => {
    for (const name of names) {
      const value = request.headers[name] ?? request.query.get(name);
      if (value !== undefined && value !== null && value !== '') return value.trim();
    }
    return '';
  };
  const tags = param('x-tags', 'tags', 'tag', 'ta');
  return check({
    topic,
    title: param('x-title', 'title', 't'),
    message: request.body.length > 0 ? request.body.toString('utf8') : param('x-message', 'message', 'm'),
    priority: param('x-priority', 'priority', 'prio', 'p'),
    tags: tags === '' ? [] : tags.split(',').map((tag) => tag.trim()),
    click: param('x-click', 'click'),
    markdown: /^(1|yes|true)$/i.test(param('x-markdown', 'markdown', 'md')),
    sequenceId: param('x-sequence-id', 'sequence-id', 'sid'),
  });
}

interface RawDraft {
  readonly topic: string;
  readonly title: string;
  readonly message: string;
  readonly priority: string;
  readonly tags: readonly string[];
  readonly click: string;
  readonly markdown: boolean;
  readonly sequenceId: string;
}

function check(raw: RawDraft): NtfyDraft | Reply {
  if (!TOPIC.test(raw.topic)) return ntfyFault(40009, 'invalid request: topic invalid');
  if (DISALLOWED.has(raw.topic)) return ntfyFault(40010, 'invalid request: topic name is disallowed');
  const priority = priorityOf(raw.priority);
  if (priority === undefined)
    return ntfyFault(40007, 'invalid priority parameter', 'publish/#message-priority');
  if (Buffer.byteLength(raw.message) >= MESSAGE_LIMIT) {
    return ntfyFault(40014, 'invalid request: attachments not allowed', 'config/#attachments');
  }
  if (raw.sequenceId !== '' && !TOPIC.test(raw.sequenceId)) {
    return ntfyFault(
      40049,
      'invalid request: sequence ID invalid',
      'publish/#updating-deleting-notifications',
    );
  }
  const message = raw.message.trim();
  return {
    topic: raw.topic,
    message: message === '' ? 'triggered' : message,
    ...(raw.title === '' ? {} : { title: raw.title }),
    ...(priority === 0 ? {} : { priority }),
    ...(raw.tags.length === 0 ? {} : { tags: raw.tags }),
    ...(raw.click === '' ? {} : { click: raw.click }),
    ...(raw.markdown ? { content_type: 'text/markdown' } : {}),
    ...(raw.sequenceId === '' ? {} : { sequence_id: raw.sequenceId }),
  };
}

/** 0 is none given; `undefined` is wrong. */
function priorityOf(word: string): number | undefined {
  const words = [[''], ['1', 'min'], ['2', 'low'], ['3', 'default'], ['4', 'high'], ['5', 'max', 'urgent']];
  const found = words.findIndex((names) => names.includes(word.toLowerCase()));
  return found === -1 ? undefined : found;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
