import { rowKey, type Observation, type ObservedRow } from '@proxmox-mcp/schemas';

/** What was published of one group of rows. */
export interface ObservedMemory {
  readonly fullAt: number;
  readonly metricsAt: number;
  /** Row key → [what matters, everything], as text. */
  readonly rows: ReadonlyMap<string, readonly [essence: string, whole: string]>;
}

/** What is to be published now. */
export interface Sighting {
  readonly full: boolean;
  readonly rows: readonly ObservedRow[];
  readonly removed: readonly string[];
}

const FULL_EVERY_MS = 5 * 60_000;
const METRICS_EVERY_MS = 60_000;
/** What changes all the time and matters only as a trend, and what is looked at more slowly than the rest. */
const METRICS: ReadonlySet<string> = new Set([
  'uptime',
  'iowait',
  'loadavg',
  'memavailable',
  'arcsize',
  'swapused',
  'swaptotal',
  'version',
  'pressurecpusome',
  'pressurememorysome',
  'pressureiofull',
  'cpu',
  'mem',
  'disk',
  'netin',
  'netout',
  'used',
  'avail',
  'nextRun',
]);

/**
 * Decides which rows are worth a message: all at first and every five minutes, else those whose essence changed, and once a
 * minute those whose numbers did. `undefined` when nothing is.
 */
export function observe(
  memory: ObservedMemory | undefined,
  rows: readonly ObservedRow[],
  nowMs: number,
): { readonly next: ObservedMemory; readonly sighting?: Sighting } {
  const full = memory === undefined || nowMs - memory.fullAt >= FULL_EVERY_MS;
  const metricsDue = full || nowMs - memory.metricsAt >= METRICS_EVERY_MS;
  const seen = new Map<string, readonly [string, string]>();
  const changed: ObservedRow[] = [];
  for (const row of rows) {
    const key = rowKey(row);
    const whole = JSON.stringify(row);
    const essence = JSON.stringify(row, (name, value: unknown) => (METRICS.has(name) ? undefined : value));
    const told = memory?.rows.get(key);
    const isNews = full || told?.[0] !== essence || (metricsDue && told[1] !== whole);
    if (isNews) changed.push(row);
    seen.set(key, isNews || !told ? [essence, whole] : told);
  }
  changed.push(...siblings(changed, rows));
  const removed = full ? [] : [...memory.rows.keys()].filter((key) => !seen.has(key));
  const next = {
    fullAt: full ? nowMs : memory.fullAt,
    metricsAt: metricsDue ? nowMs : memory.metricsAt,
    rows: seen,
  };
  if (changed.length === 0 && removed.length === 0 && !full) return { next };
  return { next, sighting: { full, rows: changed, removed } };
}

/**
 * A shared storage is what its nodes see together: one that no longer reaches it says something only beside those that do. Told with
 * every change of one, though nothing changed for the others.
 */
function siblings(changed: readonly ObservedRow[], rows: readonly ObservedRow[]): ObservedRow[] {
  const told = new Set(changed);
  const names = new Set(
    changed.flatMap((row) => (row.kind === 'storage' && row.shared ? [row.storage] : [])),
  );
  if (names.size === 0) return [];
  return rows.filter(
    (row) => row.kind === 'storage' && row.shared && names.has(row.storage) && !told.has(row),
  );
}

const ROWS_PER_PART = 1_000;

/** Cuts a sighting into messages that fit the bus. */
export function observationsOf(
  sighting: Sighting,
  about: Pick<Observation, 'source' | 'product' | 'cluster' | 'at' | 'covers'>,
): Observation[] {
  const parts = Math.max(1, Math.ceil(sighting.rows.length / ROWS_PER_PART));
  return Array.from({ length: parts }, (_, i) => ({
    ...about,
    full: sighting.full,
    part: i + 1,
    parts,
    rows: sighting.rows.slice(i * ROWS_PER_PART, (i + 1) * ROWS_PER_PART),
    removed: i === 0 ? [...sighting.removed] : [],
  }));
}
