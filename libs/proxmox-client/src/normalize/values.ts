import * as z from 'zod';

// PVE writes numbers as numbers or as text, booleans as 0/1 or as text, PBS writes real booleans; both leave out what is
// not set. Every optional field of the API goes through one of these: what cannot be read is absent, never an error.

const asNumber = (value: unknown): unknown => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
};

const asFlag = (value: unknown): unknown => {
  switch (value) {
    case true:
    case 1:
    case '1':
    case 'true':
    case 'yes':
    case 'on':
      return true;
    case false:
    case 0:
    case '0':
    case 'false':
    case 'no':
    case 'off':
      return false;
    default:
      return undefined;
  }
};

const asText = (value: unknown): unknown => {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
};

const asList = (separator: RegExp) => (value: unknown) => {
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string');
  if (typeof value !== 'string') return undefined;
  return value.split(separator).filter((one) => one !== '');
};

/** A number, also written as text. */
export const num = z.preprocess(asNumber, z.number().optional());
/** A number that identifies, so a row without it is no row. */
export const needNum = z.preprocess(asNumber, z.number());
/** A vmid. */
export const needVmid = z.preprocess(asNumber, z.int().positive());
/** 0/1, "0"/"1", true/false. */
export const flag = z.preprocess(asFlag, z.boolean().optional());
/** A flag that is off unless set. */
export const flagOff = z.preprocess((value) => asFlag(value) ?? false, z.boolean());
/** A flag that is on unless cleared. */
export const flagOn = z.preprocess((value) => asFlag(value) ?? true, z.boolean());
/** Text; an empty one counts as not set. */
export const text = z.preprocess((value) => asText(value) || undefined, z.string().optional());
/** Text that identifies. */
export const needText = z.preprocess(asText, z.string().min(1));
/** Tags: separated by `;` (written), `,` or blanks (accepted). No tags: an empty list. */
export const tags = z.preprocess((value) => asList(/[;,\s]/)(value) ?? [], z.array(z.string()));
/** Words separated by commas. */
export const words = z.preprocess(asList(/[,\s]/), z.array(z.string()).optional());
/** Text rows, where both a list and one text occur. */
export const texts = z.preprocess(
  (value) => (Array.isArray(value) ? asList(/,/)(value) : []),
  z.array(z.string()),
);
/** An object read as `shape`, absent when it is none. */
export function part<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess(
    (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? camelKeys(value) : undefined,
    z.object(shape).optional(),
  );
}
/** One of a few words, or `other` for whatever a later version may say. */
export function word<const Words extends readonly [string, ...string[]]>(known: Words, other: Words[number]) {
  return z.preprocess((value) => (known.includes(String(value)) ? value : other), z.enum(known));
}

/** `last-run-upid` and `fail_count` as `lastRunUpid` and `failCount`: one spelling for both products. */
export function camelKeys(row: object): object {
  const keys = Object.keys(row);
  // Most rows have nothing to change, and there are thousands of them.
  if (!keys.some((key) => key.includes('-') || key.includes('_'))) return row;
  return Object.fromEntries(
    Object.entries(row).map(([key, value]: [string, unknown]) => [camel(key), value]),
  );
}

function camel(key: string): string {
  return key.replace(/[-_]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
