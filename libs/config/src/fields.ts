import * as z from 'zod';

/** Words for yes and no, any case (CONTRACT §5). */
const YES = new Set(['1', 'true', 'yes', 'on']);
const NO = new Set(['0', 'false', 'no', 'off']);

// Settings arrive as text. An empty one (`FOO=` from Compose) is unset: `loadSettings` drops it before these see it.

/** Yes or no. Refuses anything but the eight words, instead of taking `"false"` for true. */
export function bool() {
  return z
    .string()
    .transform((text, ctx) => {
      const word = text.trim().toLowerCase();
      if (YES.has(word)) return true;
      if (NO.has(word)) return false;
      ctx.addIssue({ code: 'custom', message: 'expected 1, true, yes, on or 0, false, no, off' });
      return z.NEVER;
    })
    .pipe(z.boolean());
}

/** A whole number within bounds. */
export function int(min = 0, max = Number.MAX_SAFE_INTEGER) {
  return z
    .string()
    .transform((text, ctx) => {
      const trimmed = text.trim();
      if (/^[+-]?\d{1,16}$/.test(trimmed)) return Number(trimmed);
      ctx.addIssue({ code: 'custom', message: 'expected a whole number' });
      return z.NEVER;
    })
    .pipe(z.int().min(min).max(max));
}

/** A TCP or UDP port; 0 takes a free one. */
export function port() {
  return int(0, 65_535);
}

/** Items separated by commas; blanks around them and empty ones are dropped. */
export function list() {
  return z.string().transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}

/** One of the words, any case; the value is the word as given here. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.string().transform((text, ctx): T[number] => {
    const word = words.find((candidate) => candidate.toLowerCase() === text.trim().toLowerCase());
    if (word !== undefined) return word;
    ctx.addIssue({ code: 'custom', message: `expected one of ${words.join(', ')}` });
    return z.NEVER;
  });
}

/** Plain text. */
export function text() {
  return z.string().trim().min(1);
}

/** Marks secrets, so that the generated `.env.example` shows no value and faults never repeat one. */
const SECRET = 'secret' as const;

/** A secret: never shown in faults, logs or generated files; usually given through `<KEY>_FILE`. */
export function secret() {
  return z
    .string()
    .min(1)
    .meta({ [SECRET]: true });
}

/** Whether a field was made by `secret`. */
export function isSecret(field: z.ZodType): boolean {
  let inner: z.ZodType | undefined = field;
  // optional, default and pipe wrap the marked field; three layers is the deepest we build.
  for (let depth = 0; inner !== undefined && depth < 6; depth++) {
    if (inner.meta()?.[SECRET] === true) return true;
    const def = inner._zod.def as { innerType?: z.ZodType; in?: z.ZodType };
    inner = def.innerType ?? def.in;
  }
  return false;
}

/** An `http` or `https` URL, without a slash at its end. */
export function httpUrl() {
  return z
    .string()
    .trim()
    .transform((value, ctx) => {
      // The value may hold credentials: the message must not repeat it.
      if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value.replace(/\/+$/, '');
      ctx.addIssue({ code: 'custom', message: 'expected an http:// or https:// URL' });
      return z.NEVER;
    });
}

/** The address of a server: an `httpUrl` without credentials, query or fragment, which belong into settings of their own. */
export function serverUrl() {
  return httpUrl().refine((value) => {
    const { username, password, search, hash } = new URL(value);
    return username + password + search + hash === '';
  }, 'expected the address alone, without credentials or a query');
}

const FINGERPRINT = /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/;

/** SHA-256 fingerprints of certificates, separated by commas; upper case in the value. */
export function fingerprints() {
  return z
    .string()
    .transform((value) => value.toUpperCase().replace(/\s+/g, ''))
    .refine(
      (value) => value.split(',').every((pin) => FINGERPRINT.test(pin)),
      'expected SHA-256 fingerprints: 32 hex pairs joined by colons',
    );
}
