/** A template that cannot be rendered. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

type Values = Readonly<Record<string, unknown>>;

/** Bytes that `url-encode` leaves alone: letters, digits and what has no meaning in a URL. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const HELPERS: Readonly<Record<string, (value: unknown) => string>> = {
  escape: (value) => JSON.stringify(text(value, 'escape')).slice(1, -1),
  json: (value) => JSON.stringify(value) ?? '',
  'url-encode': (value) => encode(text(value, 'url-encode')),
};

/**
 * The part of handlebars that notification targets use: values by dotted path and the helpers `escape`, `json` and
 * `url-encode`. Nothing is escaped unasked; what is not there is empty.
 *
 * @throws {TemplateError} braces that are not closed, or a helper that nobody knows.
 */
export function renderTemplate(template: string, values: Values): string {
  const rendered = template.replace(/\{\{([^{}]*)\}\}/g, (_, inner: string) => {
    const [first = '', second] = inner.trim().split(/\s+/);
    if (second === undefined) return plain(lookUp(values, first));
    const helper = Object.hasOwn(HELPERS, first) ? HELPERS[first] : undefined;
    if (helper === undefined) throw new TemplateError(`Helper not defined: "${first}"`);
    return helper(lookUp(values, second));
  });
  if (/\{\{(?![^{}]*\}\})/.test(template))
    throw new TemplateError('Template error: invalid handlebars syntax');
  return rendered;
}

function lookUp(values: Values, path: string): unknown {
  let value: unknown = values;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Values)[key];
  }
  return value;
}

function plain(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '[object]';
}

function text(value: unknown, helper: string): string {
  if (typeof value === 'string') return value;
  throw new TemplateError(`${helper}: missing text parameter`);
}
