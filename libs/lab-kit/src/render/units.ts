const pad = (n: number, width = 2) => String(n).padStart(width, '0');

/** `YYYY-MM-DD HH:MM:SS` of a node whose clock runs in UTC, from milliseconds. */
export function localStamp(ms: number): string {
  const d = new Date(ms);
  return `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())} ${clockStamp(ms)}`;
}

/** `HH:MM:SS` of milliseconds since the epoch. */
export function clockStamp(ms: number): string {
  const d = new Date(ms);
  return `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}`;
}

/** `YYYY_MM_DD-HH_MM_SS`, as archive names carry it. */
export function archiveStamp(ms: number): string {
  return localStamp(ms).replaceAll('-', '_').replaceAll(':', '_').replace(' ', '-');
}

/** `2026-03-14T01:00:04Z`: a PBS snapshot's time. */
export function snapshotStamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** `2026-03-14T02:00:04+00:00`: what starts each line of a PBS task log. */
export function rfc3339Stamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}+00:00`;
}

/** `HH:MM:SS` of a length of time in seconds. */
export function hms(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  return `${pad(Math.floor(s / 3600))}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
}

const SPANS: readonly [string, number][] = [
  ['y', 31_557_600],
  ['M', 2_629_800],
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
];

/** `4m 27s`, `1h 2m 3s`, `3m`: no zero parts; zero is `0s`. */
export function duration(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const [unit, size] of SPANS) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.length === 0 ? '0s' : parts.join(' ');
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function scaled(bytes: number): { value: number; unit: string } {
  let value = bytes;
  let index = 0;
  while (value >= 1024 && index < UNITS.length - 1) {
    value /= 1024;
    index += 1;
  }
  return { value, unit: UNITS[index] ?? 'B' };
}

/** `5.21 GiB`, `16 GiB`, `0 B`: at most three decimals, no trailing zeros. */
export function humanBytes(bytes: number): string {
  const { value, unit } = scaled(bytes);
  return `${Number(value.toFixed(3))} ${unit}`;
}

/** `32.0 GiB`: always `decimals` decimals, as in progress lines. */
export function fixedBytes(bytes: number, decimals = 1): string {
  const { value, unit } = scaled(bytes);
  return `${value.toFixed(decimals)} ${unit}`;
}

/** `5.21GB`, `1MB`: vzdump's own way for archive sizes (binary, called GB; whole MB below a GB). */
export function vzdumpSize(bytes: number): string {
  const kb = Math.floor(bytes / 1024);
  if (kb < 1024) return `${kb}KB`;
  const mb = kb / 1024;
  return mb < 1024 ? `${Math.floor(mb)}MB` : `${(mb / 1024).toFixed(2)}GB`;
}
