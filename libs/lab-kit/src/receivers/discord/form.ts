import { isObject } from '../http-receiver.ts';

/** Errors of a form by field path, as Discord nests them. */
type FormErrors = { [key: string]: FormErrors | { code: string; message: string }[] };

const MAX_CONTENT = 2_000;
const MAX_EMBEDS = 10;
const MAX_EMBED_TOTAL = 6_000;
const EMBED_LIMITS = { title: 256, description: 4_096 } as const;
const MAX_FIELDS = 25;
const MAX_FIELD_NAME = 256;
const MAX_FIELD_VALUE = 1_024;
const MAX_FOOTER = 2_048;
const MAX_USERNAME = 80;

/** Checks an Execute Webhook form (Discord docs, Webhook Resource and Message Resource). @returns `undefined` when it is good. */
export function checkForm(form: Record<string, unknown>): FormErrors | undefined {
  const errors: FormErrors = {};
  const put = (path: readonly string[], code: string, message: string) => {
    let at = errors;
    for (const key of path) {
      const next = at[key];
      // A path leads through objects only; lists are written at their ends, under `_errors`.
      at = at[key] = (next ?? {}) as FormErrors;
    }
    at['_errors'] = [{ code, message }];
  };
  const maxLength = (path: readonly string[], value: unknown, max: number) => {
    if (value === undefined || value === null) return 0;
    if (typeof value !== 'string') put(path, 'STRING_TYPE_CONVERT', 'Could not interpret value as string.');
    else if (value.length > max) put(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${max} or fewer in length.`);
    else return value.length;
    return 0;
  };

  maxLength(['content'], form['content'], MAX_CONTENT);
  maxLength(['username'], form['username'], MAX_USERNAME);
  if (typeof form['username'] === 'string' && /clyde|discord/i.test(form['username'])) {
    put(['username'], 'USERNAME_INVALID_CONTAINS', 'Username cannot contain that word');
  }
  const embeds = form['embeds'];
  if (embeds !== undefined && embeds !== null && !Array.isArray(embeds)) {
    put(['embeds'], 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType');
  } else if (Array.isArray(embeds)) {
    if (embeds.length > MAX_EMBEDS)
      put(['embeds'], 'BASE_TYPE_MAX_LENGTH', `Must be ${MAX_EMBEDS} or fewer in length.`);
    let total = 0;
    for (const [i, embed] of embeds.slice(0, MAX_EMBEDS).entries()) {
      total += embedSize(embed, ['embeds', String(i)], { put, maxLength });
    }
    if (total > MAX_EMBED_TOTAL) {
      put(['embeds'], 'MAX_EMBED_SIZE_EXCEEDED', `Embed size exceeds maximum size of ${MAX_EMBED_TOTAL}`);
    }
  }
  return Object.keys(errors).length === 0 ? undefined : errors;
}

interface Checks {
  readonly put: (path: readonly string[], code: string, message: string) => void;
  /** @returns the length when it is allowed, else 0. */
  readonly maxLength: (path: readonly string[], value: unknown, max: number) => number;
}

function embedSize(embed: unknown, path: readonly string[], { put, maxLength }: Checks): number {
  if (!isObject(embed)) {
    put(path, 'MODEL_TYPE_CONVERT', 'Only dictionaries may be used in a ModelType');
    return 0;
  }
  let size = 0;
  for (const [key, max] of Object.entries(EMBED_LIMITS)) size += maxLength([...path, key], embed[key], max);
  const { footer, fields, timestamp, color } = embed;
  if (isObject(footer)) size += maxLength([...path, 'footer', 'text'], footer['text'], MAX_FOOTER);
  if (Array.isArray(fields)) {
    if (fields.length > MAX_FIELDS) {
      put([...path, 'fields'], 'BASE_TYPE_MAX_LENGTH', `Must be ${MAX_FIELDS} or fewer in length.`);
    }
    for (const [i, field] of fields.slice(0, MAX_FIELDS).entries()) {
      const at = [...path, 'fields', String(i)];
      for (const [key, max] of [['name', MAX_FIELD_NAME] as const, ['value', MAX_FIELD_VALUE] as const]) {
        const value = isObject(field) ? field[key] : undefined;
        if (value === undefined || value === '')
          put([...at, key], 'BASE_TYPE_REQUIRED', 'This field is required');
        else size += maxLength([...at, key], value, max);
      }
    }
  }
  if (timestamp !== undefined && (typeof timestamp !== 'string' || Number.isNaN(Date.parse(timestamp)))) {
    put([...path, 'timestamp'], 'DATE_TIME_TYPE_PARSE', 'Could not parse the value. Should be ISO8601.');
  }
  if (color !== undefined && (typeof color !== 'number' || color < 0 || color > 0xffffff)) {
    put([...path, 'color'], 'NUMBER_TYPE_MAX', 'int value should be between 0 and 16777215.');
  }
  return size;
}
