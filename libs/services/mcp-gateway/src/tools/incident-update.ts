import { requests } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { askService } from '../call/ask-service.ts';
import { incidentRow } from '../fleet/incident-row.ts';
import { ownWords } from '../fleet/rows.ts';
import { aheadArgument, defined, parseAhead } from './arguments.ts';
import { ToolError } from './tool-error.ts';
import { dataOutput, defineTool } from './tool.ts';

/** What a person does about an incident. */
export const incidentUpdateTool = defineTool({
  name: 'incident_update',
  title: 'Update an incident',
  description:
    'Acknowledge, snooze (until), resolve, reopen, comment on (note), assign (assignee) or merge an incident into another of the same cause (into). Changes only our record of it, nothing in Proxmox.',
  toolset: 'events',
  tier: 'operate',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  privileges: { pve: [], pbs: [] },
  input: z.object({
    id: z.string().min(1).max(80),
    op: z.enum(['acknowledge', 'snooze', 'resolve', 'reopen', 'comment', 'assign', 'merge']),
    until: aheadArgument.describe('For snooze: ISO 8601, or from now: "2h", "3d"'),
    note: z.string().max(4_000).optional(),
    assignee: z.string().max(200).optional(),
    into: z.string().max(80).optional().describe('For merge: id of the incident that stays'),
  }),
  output: dataOutput(z.looseObject({ id: z.string(), status: z.string() })),
  async run({ id, op, until, note, assignee, into }, { bus, principal, now }) {
    if (op === 'snooze' && until === undefined) throw new ToolError('invalid', 'snooze needs until');
    if (op === 'comment' && note === undefined) throw new ToolError('invalid', 'comment needs note');
    if (op === 'assign' && assignee === undefined) throw new ToolError('invalid', 'assign needs assignee');
    if (op === 'merge' && (into === undefined || into === id))
      throw new ToolError('invalid', 'merge needs into: the id of another incident');
    const { incident } = await askService(bus, 'state', {
      subject: requests.incidentCommand,
      question: {
        id,
        op,
        by: principal.name,
        ...defined({ note, assignee, until: parseAhead('until', until, now()) }),
        ...(op === 'merge' ? { into } : {}),
      },
    });
    return {
      summary: `${ownWords(incident.title)}: ${incident.status}.`,
      data: incidentRow(incident),
    };
  },
});
