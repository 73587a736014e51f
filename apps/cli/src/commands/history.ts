import { parseArgs } from 'node:util';
import { readEnvironment } from '@proxmox-mcp/config';
import * as z from 'zod';
import { UsageError, type Command } from '../command.ts';
import { askGateway, gatewayAddress, GATEWAY_OPTIONS, GATEWAY_USAGE } from '../gateway-client.ts';

const TOOLS = { events: 'events_query', tasks: 'tasks_query', incidents: 'incidents_query' } as const;

/** Rows of the three tools differ; a line shows what of these they have. */
const Row = z.record(z.string(), z.unknown());
const Answer = z.looseObject({ items: z.array(Row) });

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

const TIMES = ['occurredAt', 'startedAt', 'openedAt'];

function rowLine(row: z.infer<typeof Row>): string {
  const time = TIMES.map((key) => plain(row[key])).find((value) => value !== '') ?? '';
  const words = [
    time.slice(0, 19).replace('T', ' '),
    row['severity'],
    row['status'],
    row['type'],
    row['title'] ?? row['id'],
  ];
  return words
    .map(plain)
    .filter((word) => word !== '')
    .join('  ');
}

/** Text from outside comes wrapped as `{untrusted, text}`. */
function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'text' in value) return String(value.text);
  return '';
}
