/** A parameter as it came: a text, several texts for a repeated one, or something nested that JSON can hold. */
export type RawParameter = string | string[] | { nested: true };
export type RawParameters = Record<string, RawParameter>;

/** Reads `a=1&b=2`; a repeated name becomes a list. */
export function parseForm(text: string): RawParameters {
  const out: RawParameters = Object.create(null) as RawParameters;
  for (const [name, value] of new URLSearchParams(text)) {
    const before = out[name];
    if (before === undefined) out[name] = value;
    else if (typeof before === 'string') out[name] = [before, value];
    else if (Array.isArray(before)) before.push(value);
  }
  return out;
}

const scalar = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  return undefined;
};

/** Flattens a JSON object body into parameters. @throws {SyntaxError} when it is not JSON or not an object. */
export function parseJson(text: string): RawParameters {
  const out: RawParameters = Object.create(null) as RawParameters;
  const value: unknown = JSON.parse(text);
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new SyntaxError('not a JSON object');
  for (const [name, item] of Object.entries(value)) {
    if (item === null) continue;
    if (Array.isArray(item)) out[name] = item.map((i) => scalar(i) ?? '');
    else out[name] = scalar(item) ?? { nested: true };
  }
  return out;
}
