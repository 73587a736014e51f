import { isRecord } from '../input.ts';
import { known, said, tellOf, type ConditionDiff, type Whose } from './condition-diff.ts';
import { number } from './snapshot.ts';

type Health = 'good' | 'warning' | 'failed';

/** What is remembered of a disk between two polls. */
export interface DiskMemory {
  readonly device: string;
  readonly model?: string;
  readonly serial?: string;
  /** Last known; absent while the disk has never said. */
  readonly health?: Health;
  /** The health as the answer words it. */
  readonly word?: string;
  /** Percent of its life left. */
  readonly left?: number;
}

/** The disks of one machine by what identifies them. Plain JSON, fit to be stored. */
export type DiskSnapshot = Readonly<Record<string, DiskMemory>>;

/** Percent of life left at which a worn disk is told of, and again. */
export const WEAR_THRESHOLDS = [20, 10] as const;
const MAX_DISKS = 1_000;

/** Reads `disks/list` of either product, raw or as the client gives it. */
export function readDisks(rows: readonly unknown[]): DiskSnapshot {
  const disks = new Map<string, DiskMemory>();
  for (const row of rows.slice(0, MAX_DISKS)) {
    if (!isRecord(row)) continue;
    const name = said(row['name'], 60);
    const device = said(row['devpath'], 200) ?? (name === undefined ? undefined : `/dev/${name}`);
    // Partitions come with `include-partitions`; they have no health of their own.
    if (device === undefined || row['parent'] !== undefined) continue;
    const [model, serial, wwn] = [identity(row['model']), identity(row['serial']), identity(row['wwn'])];
    const word = said(row['health'] ?? row['status'], 120);
    const health = word === undefined ? undefined : healthOf(word);
    const left = number(row['wearout']);
    const key = serial ?? wwn ?? device;
    disks.set(disks.has(key) ? `${key}@${device}` : key, {
      device,
      ...(model !== undefined && { model }),
      ...(serial !== undefined && { serial }),
      ...(health !== undefined && { health }),
      ...(word !== undefined && { word }),
      ...(left !== undefined && left >= 0 && left <= 100 && { left }),
    });
  }
  return Object.fromEntries(disks);
}

/** Disks whose own verdict or wear changed. A disk that is new counts as one that was well. */
export function diffDisks(
  before: DiskSnapshot,
  after: DiskSnapshot,
  whose: Whose,
): ConditionDiff<DiskSnapshot> {
  const tell = tellOf(whose);
  const next = new Map<string, DiskMemory>();
  const events = Object.entries(after).flatMap(([key, now]) => {
    const was = known(before, key);
    // A sleeping disk says UNKNOWN: what it said last still holds.
    const health = now.health ?? was?.health;
    const left = now.left ?? was?.left;
    next.set(key, { ...now, ...(health !== undefined && { health }), ...(left !== undefined && { left }) });
    const replaced = was === undefined ? replacedBy(now, before, after) : undefined;
    const about = { device: now.device, model: now.model, serial: now.serial };
    const said = { ...about, message: `SMART health is ${now.word ?? 'unknown'}` };
    const threshold = wearOf(left);
    const wasWorn = wearOf(was?.left);
    return [
      ...(health === 'failed' && was?.health !== 'failed'
        ? [tell('disk.smart.failed', key, { ...said, fail_type: 'Health' })]
        : []),
      ...(health === 'warning' && was?.health !== 'warning'
        ? [tell('disk.smart.warning', key, { ...said, fail_type: 'Health' })]
        : []),
      ...(health === 'good' && was?.health !== undefined && was.health !== 'good'
        ? [tell('disk.smart.passed', key, said)]
        : []),
      ...(health === 'good' && replaced !== undefined
        ? [tell('disk.smart.passed', key, { ...said, replaces: replaced })]
        : []),
      ...(threshold !== undefined && (wasWorn === undefined || threshold < wasWorn)
        ? [tell('disk.wearout.high', key, { ...about, left_percent: left, threshold_percent: threshold })]
        : []),
    ];
  });
  return { events, next: Object.fromEntries(next) };
}

/** The disk that was told of as bad or worn, and has made room for this one. */
function replacedBy(disk: DiskMemory, before: DiskSnapshot, after: DiskSnapshot): string | undefined {
  const gone = Object.entries(before).find(
    ([key, was]) =>
      was.device === disk.device &&
      known(after, key) === undefined &&
      ((was.health !== undefined && was.health !== 'good') || wearOf(was.left) !== undefined),
  );
  return gone?.[0];
}

/** PVE writes `unknown` where the disk has no serial. */
function identity(value: unknown): string | undefined {
  const text = said(value, 100);
  return text === 'unknown' ? undefined : text;
}

/**
 * PASSED, OK, FAILED!, PBS passed and failed; SAS disks say OK or, in words, which failure they predict. Everything else
 * (UNKNOWN, SMART disabled) is no verdict.
 */
function healthOf(word: string): Health | undefined {
  if (/^(?:passed|ok)$/i.test(word)) return 'good';
  if (/fail/i.test(word)) return 'failed';
  return /^warning/i.test(word) ? 'warning' : undefined;
}

function wearOf(left: number | undefined): number | undefined {
  return left === undefined ? undefined : WEAR_THRESHOLDS.findLast((threshold) => left <= threshold);
}
