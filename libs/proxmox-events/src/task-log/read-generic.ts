import { oneLine } from '../text.ts';
import { present, type LogReading } from './log-reading.ts';

const MAX_WARNINGS = 20;
const MAX_LINE = 1_000;
/** Migrations stamp their lines, and lines of the other node carry its name. */
const WARN = /^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d )?(?:\[[^\]\s]{1,63}\] )?WARN: /;
const HA_NOTE = 'task started by HA resource agent';

/** What any PVE log tells: the last words before the error, warnings, and whether HA asked for it. `before` ends at the tail. */
export function readGeneric(before: readonly string[], failed: boolean): LogReading {
  const warnings = before
    .flatMap((line) => {
      const mark = WARN.exec(line)?.[0];
      return mark === undefined ? [] : [oneLine(line.slice(mark.length), MAX_LINE)];
    })
    .slice(0, MAX_WARNINGS);
  const detail = failed ? before.findLast((line) => line.trim() !== '' && line !== HA_NOTE) : undefined;
  return {
    facts: present({
      detail: detail === undefined ? undefined : oneLine(detail, MAX_LINE),
      warning_lines: warnings.length > 0 ? warnings : undefined,
      started_by_ha: before.includes(HA_NOTE) || undefined,
    }),
  };
}
