const POWERS: Readonly<Record<string, number>> = { '': 0, K: 1, M: 2, G: 3, T: 4, P: 5, E: 6 };

/**
 * Reads a size as Proxmox prints it: `5.21 GiB`, `0 B`, `960 MB`, `3.02GB`. Units are powers of 1024 whatever they are called,
 * as Proxmox counts them.
 *
 * @returns bytes, rounded; `undefined` when it is no size.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,18}(?:\.\d{1,9})?) {0,4}([KMGTPE]?)i?B?(?:ytes?)?$/i.exec(text.trim());
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * 1024 ** (POWERS[(match[2] ?? '').toUpperCase()] ?? 0));
}

/** Seconds per unit of a rendered duration; year and month as systemd and Proxmox count them. */
const UNIT_SECONDS: Readonly<Record<string, number>> = {
  y: 31_557_600,
  M: 2_630_016,
  w: 604_800,
  d: 86_400,
  h: 3_600,
  m: 60,
  min: 60,
  s: 1,
  ms: 0.001,
};

/**
 * Reads `1h 2m 3s`, `3m`, `0s`, `00:04:27`, `04:27`.
 *
 * @returns seconds; `undefined` when it is no duration.
 */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  const clock = /^(?:(\d{1,6}):)?(\d{1,2}):(\d{2})$/.exec(trimmed);
  if (clock !== null) return Number(clock[1] ?? 0) * 3_600 + Number(clock[2]) * 60 + Number(clock[3]);
  const parts = trimmed.split(/ +/, 10);
  if (parts.length > 9) return undefined;
  let seconds = 0;
  for (const part of parts) {
    const match = /^(\d{1,9}(?:\.\d{1,9})?)(y|M|w|d|h|min|ms|m|s)$/.exec(part);
    if (match === null) return undefined;
    seconds += Number(match[1]) * (UNIT_SECONDS[match[2] ?? ''] ?? 0);
  }
  return Math.round(seconds * 1000) / 1000;
}
