import { parseArgs } from 'node:util';
import { readEnvironment } from '@proxmox-mcp/config';
import * as z from 'zod';
import { UsageError, type Command } from '../command.ts';
import { askGateway, gatewayAddress, GATEWAY_OPTIONS, GATEWAY_USAGE } from '../gateway-client.ts';

const TOOLS = { events: 'events_query', tasks: 'tasks_query', incidents: 'incidents_query' } as const;

/** Rows of the three tools share enough to be shown on one line. */
const Row = z.looseObject({
  id: z.string().optional(),
  at: z.string().optional(),
  occurredAt: z.string().optional(),
  occurred_at: z.string().optional(),
  started_at: z.string().optional(),
  opened_at: z.string().optional(),
  severity: z.string().optional(),
  status: z.string().optional(),
  type: z.string().optional(),
  title: z.string().optional(),
});
const Answer = z.looseObject({ items: z.array(Row), next_cursor: z.string().optional() });

/** Past events, tasks or incidents. */
export const history: Command = {
  name: 'history',
  usage: `[events|tasks|incidents] [--since T] [--until T] [--severity MIN] [--limit N] [--json] ${GATEWAY_USAGE}`,
  summary: 'shows what happened: events (default), tasks or incidents',
  async run({ args, env, print, signal }) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...GATEWAY_OPTIONS,
        since: { type: 'string' },
        until: { type: 'string' },
        severity: { type: 'string' },
        limit: { type: 'string', default: '50' },
        json: { type: 'boolean' },
      },
    });
    const what = positionals[0] ?? 'events';
    if (!(what in TOOLS))
      throw new UsageError(`unknown: ${what}; there are ${Object.keys(TOOLS).join(', ')}`);
    const limit = Number(values.limit);
    if (!Number.isInteger(limit) || limit < 1 || limit > 500) throw new UsageError('--limit is 1 to 500');
    const { since, until, severity } = values;
    const address = gatewayAddress(values, readEnvironment(env));
    // Checked above: `what` is a key of TOOLS.
    const answer = await askGateway(address, `/api/v1/tools/${TOOLS[what as keyof typeof TOOLS]}`, {
      method: 'POST',
      body: { limit, since, until, severity },
      signal,
    });
    const body: unknown = await answer.json();
    if (values.json === true) print(JSON.stringify(body, undefined, 2));
    else for (const row of Answer.parse(body).items) print(rowLine(row));
    return 0;
  },
};

function rowLine(row: z.infer<typeof Row>): string {
  const time = row.occurred_at ?? row.occurredAt ?? row.at ?? row.started_at ?? row.opened_at ?? '';
  const words = [
    time.slice(0, 19).replace('T', ' '),
    row.severity,
    row.status,
    row.type,
    row.title ?? row.id,
  ];
  return words.filter((word) => word !== undefined && word !== '').join('  ');
}
