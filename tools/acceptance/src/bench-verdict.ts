import type { Verdict } from './point.ts';
import { lastLine, runCommand } from './run-command.ts';

interface Figure {
  readonly name: string;
  readonly figure: number;
  readonly unit: string;
  readonly pass?: boolean;
}

/**
 * Runs a bench and gives its figures as one line; it passes when every figure that has a goal meets it.
 *
 * @param flags for Node; @param args for the bench.
 */
export async function benchVerdict(
  file: string,
  flags: readonly string[] = [],
  args: readonly string[] = [],
): Promise<Verdict> {
  const { code, output } = await runCommand(process.execPath, [...flags, file, ...args]);
  const figures = output
    .split('\n')
    .filter((line) => line.startsWith('{"name"'))
    // Printed by our own bench, one figure a line.
    .map((line) => JSON.parse(line) as Figure);
  if (code !== 0 || figures.length === 0) return { status: 'fail', figure: lastLine(output) };
  const said = figures.map(
    ({ name, figure, unit, pass }) => `${name} ${figure} ${unit}${pass === false ? ' MISSED' : ''}`,
  );
  return { status: figures.some(({ pass }) => pass === false) ? 'fail' : 'pass', figure: said.join('; ') };
}
