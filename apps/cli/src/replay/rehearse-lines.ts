import type { Incident } from '@proxmox-mcp/schemas';
import { terminalLine } from '../terminal-text.ts';
import type { Comparison, Otherwise } from './rehearse.ts';

/** A comparison for people; names of the two files of rules. */
export function* comparisonLines(
  { events, from, now, then, same, differences, untried }: Comparison,
  names: { readonly now: string; readonly then: string },
): Generator<string> {
  for (const difference of differences) yield* differenceLines(difference);
  if (differences.length > 0) yield '';
  yield `${events} events${from === undefined ? '' : ` since ${from}`}`;
  yield terminalLine(`now: ${tallyWords(now)} (${names.now})`);
  yield terminalLine(`then: ${tallyWords(then)} (${names.then})`);
  yield `${same} incidents are the same, ${differences.length} are not; nothing was changed`;
  if (untried.length > 0) yield `not tried, for what polls saw is not kept: ${untried.join(', ')}`;
}

function tallyWords({ opened, suppressed, resolved }: Comparison['now']): string {
  return `${opened} opened, ${suppressed} of them told to nobody, ${resolved} resolved`;
}

function differenceLines({ now, then }: Otherwise): string[] {
  if (now !== undefined && then !== undefined)
    return [terminalLine(`otherwise   ${told(then)}`), terminalLine(`       now  ${told(now)}`)];
  const [only, incident] = now === undefined ? ['only then', then] : ['only now ', now];
  return incident === undefined ? [] : [terminalLine(`${only}   ${told(incident)}`)];
}

function told({ openedAt, severity, condition, title, status, resolvedAt }: Incident): string {
  const end = resolvedAt === undefined ? status : `resolved ${resolvedAt}`;
  return [openedAt, severity, condition, title, end].join('  ');
}
