import { requests } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { incidentRow, ownWords } from '../fleet/rows.ts';
import { defined, parseTime } from './arguments.ts';
import { ToolError } from './tool-error.ts';
import { dataOutput, defineTool } from './tool.ts';

/** What a person does about an incident. */
export const incidentUpdateTool = defineTool({
  name: 'incident_update',
  title: 'Update an incident',
  description:
    'Acknowledge, snooze (until), resolve, reopen, comment on (note) or assign (assignee) an incident. Changes only our record of it, nothing in Proxmox.',
  toolset: 'events',
  tier: 'operate',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  privileges: { pve: [], pbs: [] },
  input: z.object({
    id: z.string().min(1).max(80),
    op: z.enum(['acknowledge', 'snooze', 'resolve', 'reopen', 'comment', 'assign']),
    until: z.string().max(40).optional().describe('For snooze: ISO 8601, or from now: "2h", "3d"'),
    note: z.string().max(4_000).optional(),
    assignee: z.string().max(200).optional(),
  }),
  output: dataOutput(z.looseObject({ id: z.string(), status: z.string() })),
  async run({ id, op, until, note, assignee }, { bus, principal, now }) {
    if (op === 'snooze' && until === undefined) throw new ToolError('invalid', 'snooze needs until');
    if (op === 'comment' && note === undefined) throw new ToolError('invalid', 'comment needs note');
    if (op === 'assign' && assignee === undefined) throw new ToolError('invalid', 'assign needs assignee');
    const answer = await bus.request(requests.incidentCommand, {
      id,
      op,
      by: principal.name,
      ...defined({ note, assignee, until: fromNow(until, now()) }),
    });
    if (!answer.ok) throw new ToolError(answer.code, answer.message);
    return {
      summary: `${ownWords(answer.incident.title)}: ${answer.incident.status}.`,
      data: incidentRow(answer.incident),
    };
  },
});

/** Durations count forward here: `2h` is in two hours. */
function fromNow(until: string | undefined, now: number): string | undefined {
  const past = parseTime('until', until, now);
  if (past === undefined || until === undefined || !/^-?\d{1,6}\s?[smhdw]$/i.test(until.trim())) return past;
  return new Date(now + (now - Date.parse(past))).toISOString();
}
