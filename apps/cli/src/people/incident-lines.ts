import * as z from 'zod';
import { time } from '../raw-lines.ts';
import { terminalLine } from '../terminal-text.ts';
import { Words } from '../words.ts';

/** An incident of a list, as the gateway answers it. */
export const IncidentRow = z.looseObject({
  id: z.string(),
  status: z.string(),
  severity: z.string(),
  title: z.string(),
  openedAt: z.string(),
  suppression: z
    .looseObject({ reason: z.string(), by: z.string(), text: Words, since: z.string() })
    .optional(),
  staleSince: z.string().optional(),
  flapping: z.looseObject({ since: z.string(), text: Words }).optional(),
});

/** One incident on one line: time, severity, status, id, title, and why its status is what it is. */
export function incidentLine(row: z.infer<typeof IncidentRow>): string {
  const reason = statusReason(row);
  const words = [time(row.openedAt), row.severity, row.status, row.id, row.title];
  return terminalLine(`${words.join('  ')}${reason === undefined ? '' : `  (${reason})`}`);
}

function statusReason({
  suppression,
  staleSince,
  flapping,
}: z.infer<typeof IncidentRow>): string | undefined {
  if (suppression !== undefined) return `${suppression.reason}: ${suppression.text}`;
  if (staleSince !== undefined) return `nothing heard since ${time(staleSince)}`;
  return flapping === undefined ? undefined : `since ${time(flapping.since)}: ${flapping.text}`;
}
