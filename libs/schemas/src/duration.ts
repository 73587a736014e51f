import * as z from 'zod';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** A length of time as people write it: `90s`, `10m`, `4h`, `2d`, `1w`; a bare number is seconds. Parses to seconds. */
export const Duration = z
  .union([z.number().nonnegative(), z.string().regex(/^\d{1,6}[smhdw]$/, 'expected 90s, 10m, 4h, 2d or 1w')])
  .transform((value) =>
    typeof value === 'number' ? value : Number(value.slice(0, -1)) * (SECONDS[value.slice(-1)] ?? 1),
  );
