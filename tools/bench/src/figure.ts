import { cpus, loadavg } from 'node:os';

/** One measured number against its goal. */
export interface Figure {
  readonly name: string;
  readonly figure: number;
  readonly unit: string;
  /** In words, as the performance page says it: `< 150`. `undefined`: only reported. */
  readonly goal?: string;
  readonly pass?: boolean;
}

/** Makes a figure that should stay below a bound. */
export function below(name: string, figure: number, unit: string, bound: number): Figure {
  return { name, figure: round(figure), unit, goal: `< ${bound}`, pass: figure < bound };
}

/** Makes a figure that should reach a bound. */
export function atLeast(name: string, figure: number, unit: string, bound: number): Figure {
  return { name, figure: round(figure), unit, goal: `>= ${bound}`, pass: figure >= bound };
}

/** Makes a figure without a goal. */
export function plain(name: string, figure: number, unit: string): Figure {
  return { name, figure: round(figure), unit };
}

/** Prints a line for people and a line of JSON for scripts. */
export function print(figure: Figure): void {
  const { name, figure: value, unit, goal, pass } = figure;
  const verdict = pass === undefined ? '' : ` (goal ${goal}: ${pass ? 'met' : 'MISSED'})`;
  console.log(`${name}: ${value} ${unit}${verdict}`);
  console.log(JSON.stringify(figure));
}

/** Says on what was measured: numbers of a busy machine are no numbers. */
export function printMachine(): void {
  const [first] = cpus();
  const load = loadavg().map((value) => value.toFixed(1));
  console.log(`${cpus().length} × ${first?.model ?? '?'}, Node ${process.version}, load ${load.join(' ')}`);
}

/** The value below which `part` (0–1) of the values lie; 0 for none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
