/** What one answer may have or lack against the recording; keys as they appear in messages. */
export interface Tolerance {
  /** Keys the recording has and the lab may lack. */
  readonly lack?: readonly string[];
  /** Keys the lab has and the recording does not. */
  readonly add?: readonly string[];
  /** Keys that may have another JSON type, because PVE itself gives several. */
  readonly retype?: readonly string[];
}

type Row = Record<string, unknown>;

const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);
const isRow = (value: unknown): value is Row => kindOf(value) === 'object';

const KINDS = new Set(['qemu', 'lxc', 'node', 'storage', 'pool', 'network', 'cluster', 'quorum', 'fencing', 'pve', 'pam']);
const STATES = new Set(['running', 'stopped', 'online', 'offline', 'available', 'unknown', 'RUNNING']);
const one = (value: unknown, of: ReadonlySet<string>) => (typeof value === 'string' && of.has(value) ? value : '');

/** Rows are compared with rows of their kind: a stopped VM has other keys than a running container. */
const classOf = (row: Row) => `${one(row['type'], KINDS)}/${one(row['status'], STATES)}/${row['template'] === 1 ? 'template' : ''}`;

/**
 * Compares field names and JSON types, not values.
 *
 * @returns what differs, one text each; empty when the shapes agree.
 */
export function compareShape(recorded: unknown, ours: unknown, tolerance: Tolerance, where = 'data'): string[] {
  const [a, b] = [kindOf(recorded), kindOf(ours)];
  if (a !== b) return [`${where}: recorded ${a}, ours ${b}`];
  if (isRow(recorded) && isRow(ours)) return compareRows([recorded], [ours], tolerance, where);
  if (Array.isArray(recorded) && Array.isArray(ours)) return compareLists(recorded, ours, tolerance, where);
  return [];
}

function compareLists(recorded: unknown[], ours: unknown[], tolerance: Tolerance, where: string): string[] {
  if (recorded.length === 0) return [];
  if (ours.length === 0) return [`${where}: recorded rows, ours empty`];
  if (!recorded.every(isRow)) return kindOf(recorded[0]) === kindOf(ours[0]) ? [] : [`${where}[]: recorded ${kindOf(recorded[0])}, ours ${kindOf(ours[0])}`];
  const problems: string[] = [];
  for (const name of new Set(recorded.map(classOf))) {
    const own = ours.filter(isRow).filter((r) => classOf(r) === name);
    // A list of things that differ in nothing but their names has one class.
    if (own.length > 0) problems.push(...compareRows(recorded.filter((r) => classOf(r) === name), own, tolerance, `${where}[${name}]`));
  }
  const classes = new Set(recorded.map(classOf));
  if (!ours.filter(isRow).some((r) => classes.has(classOf(r)))) problems.push(`${where}: no row of ours is like a recorded one`);
  return problems;
}

function compareRows(recorded: Row[], ours: Row[], tolerance: Tolerance, where: string): string[] {
  const problems: string[] = [];
  const known = new Map<string, Set<string>>();
  for (const row of recorded) {
    for (const [key, value] of Object.entries(row)) known.set(key, (known.get(key) ?? new Set()).add(kindOf(value)));
  }
  const always = [...known.keys()].filter((key) => recorded.every((r) => key in r));
  for (const row of ours) {
    for (const key of always) {
      if (!(key in row) && tolerance.lack?.includes(key) !== true) problems.push(`${where}.${key}: recorded, ours lacks it`);
    }
    for (const [key, value] of Object.entries(row)) {
      const kinds = known.get(key);
      if (kinds === undefined) {
        if (tolerance.add?.includes(key) !== true) problems.push(`${where}.${key}: ours, never recorded`);
      } else if (!kinds.has(kindOf(value)) && tolerance.retype?.includes(key) !== true) problems.push(`${where}.${key}: recorded ${[...kinds].join('|')}, ours ${kindOf(value)}`);
      else if (Array.isArray(value)) {
        const same = recorded.flatMap((r) => (Array.isArray(r[key]) ? (r[key] as unknown[]) : []));
        problems.push(...compareLists(same, value, tolerance, `${where}.${key}`));
      } else if (isRow(value)) {
        const same = recorded.map((r) => r[key]).filter(isRow);
        problems.push(...compareRows(same, [value], tolerance, `${where}.${key}`));
      }
    }
  }
  return [...new Set(problems)];
}
