import { parseArgs } from 'node:util';
import { readEnvironment } from '@proxmox-mcp/config';
import * as z from 'zod';
import { UsageError, type Command, type CommandContext } from '../command.ts';
import {
  gatewayAddress,
  GatewayError,
  GATEWAY_OPTIONS,
  GATEWAY_USAGE,
  jsonAsker,
  type Ask,
} from '../gateway-client.ts';
import { incidentLine, IncidentRow } from '../people/incident-lines.ts';
import { IncidentDocument, whyLines } from '../people/why-lines.ts';
import { bodyLines, KeptText, RawAnswer, rawLines, time } from '../raw-lines.ts';
import { terminalLine } from '../terminal-text.ts';

const TOOLS = { events: 'events_query', tasks: 'tasks_query', incidents: 'incidents_query' } as const;
const DEAD_LETTERS = 'dead-letters';

/** Rows of the three tools differ; a line shows what of these they have. */
const Row = z.record(z.string(), z.unknown());
const Answer = z.looseObject({ items: z.array(Row) });
const Document = z.looseObject({ data: z.unknown() });
const Letters = z.looseObject({
  items: z.array(
    KeptText.extend({ at: z.string(), service: z.string(), stage: z.string(), reason: z.string() }),
  ),
});

/** What was asked for on the command line. */
interface Asked {
  readonly what: string | undefined;
  readonly limit: number;
  readonly json: boolean;
  readonly raw: boolean;
  readonly filters: Readonly<Record<string, string | undefined>>;
  /** Filters that only incidents have. */
  readonly ofIncidents: {
    readonly status: readonly string[] | undefined;
    readonly condition: string | undefined;
  };
  readonly ask: Ask;
  readonly print: CommandContext['print'];
}

/** Past events, tasks, incidents or dead letters, and the input behind an event. */
export const history: Command = {
  name: 'history',
  usage: `[events|tasks|incidents|${DEAD_LETTERS}] [--since T] [--until T] [--severity MIN] [--status S,…] [--condition GLOB] [--service S] [--reason R] [--limit N] [--json] ${GATEWAY_USAGE}
       history events --raw … | history --raw ID_OF_EVENT_OR_INPUT | history incidents --why ID`,
  summary: `shows what happened: events (default), tasks, incidents or ${DEAD_LETTERS}; --raw shows the input behind an event, --why what an incident is told by`,
  async run({ args, env, print, signal }) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...GATEWAY_OPTIONS,
        since: { type: 'string' },
        until: { type: 'string' },
        severity: { type: 'string' },
        status: { type: 'string' },
        condition: { type: 'string' },
        service: { type: 'string' },
        reason: { type: 'string' },
        limit: { type: 'string', default: '50' },
        raw: { type: 'boolean', default: false },
        why: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const limit = Number(values.limit);
    if (!Number.isInteger(limit) || limit < 1 || limit > 500) throw new UsageError('--limit is 1 to 500');
    const { since, until, severity, status, condition, service, reason, raw, json } = values;
    const asked: Asked = {
      what: positionals[0],
      limit,
      json,
      raw,
      filters: { since, until, severity, service, reason },
      ofIncidents: { status: status?.split(','), condition },
      print,
      ask: jsonAsker(gatewayAddress(values, readEnvironment(env)), signal),
    };
    const { what = 'events' } = asked;
    if (values.why !== undefined) return why(asked, values.why);
    if (what in TOOLS) return list(asked, what as keyof typeof TOOLS); // checked in this very line
    if (what === DEAD_LETTERS) return deadLetters(asked);
    if (raw) return input(asked, what);
    throw new UsageError(`unknown: ${what}; there are ${[...Object.keys(TOOLS), DEAD_LETTERS].join(', ')}`);
  },
};

async function why({ what, json, print, ask }: Asked, id: string): Promise<number> {
  if (what !== 'incidents') throw new UsageError('--why goes with incidents');
  const { data } = Document.parse(await ask(`/api/v1/tools/${TOOLS.incidents}`, { id }));
  if (json) print(JSON.stringify(data, undefined, 2));
  else for (const line of whyLines(IncidentDocument.parse(data))) print(line);
  return 0;
}

async function list(asked: Asked, what: keyof typeof TOOLS): Promise<number> {
  const { limit, json, raw, filters, ofIncidents, print, ask } = asked;
  if (raw && what !== 'events') throw new UsageError('--raw goes with events, or with an id');
  if (what !== 'incidents' && Object.values(ofIncidents).some((given) => given !== undefined))
    throw new UsageError('--status and --condition go with incidents');
  const { since, until, severity } = filters;
  const query = { limit, since, until, severity, ...ofIncidents };
  const body = await ask(`/api/v1/tools/${TOOLS[what]}`, query);
  if (json && !raw) print(JSON.stringify(body, undefined, 2));
  else
    for (const row of Answer.parse(body).items) {
      if (!json) print(what === 'incidents' ? incidentLine(IncidentRow.parse(row)) : rowLine(row));
      if (!raw) continue;
      const found = await rawOf(asked, String(row['id']));
      if (json) print(JSON.stringify({ event: row, input: found }));
      else
        for (const line of found === undefined ? ['no input is kept'] : rawLines(found)) print(`  ${line}`);
    }
  return 0;
}

async function input(asked: Asked, id: string): Promise<number> {
  const answer = await asked.ask(`/api/v1/events/${encodeURIComponent(id)}/raw`);
  if (asked.json) asked.print(JSON.stringify(answer, undefined, 2));
  else for (const line of rawLines(RawAnswer.parse(answer))) asked.print(line);
  return 0;
}

/** @returns `undefined` for an event whose input is not kept any more. */
async function rawOf({ ask }: Asked, id: string): Promise<z.infer<typeof RawAnswer> | undefined> {
  try {
    return RawAnswer.parse(await ask(`/api/v1/events/${encodeURIComponent(id)}/raw`));
  } catch (err) {
    if (err instanceof GatewayError && err.status === 404) return undefined;
    throw err;
  }
}

async function deadLetters({ limit, json, filters, print, ask }: Asked): Promise<number> {
  const { severity: _, ...rest } = filters;
  const query = new URLSearchParams({ limit: String(limit) });
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) query.set(key, value);
  const body = await ask(`/api/v1/dead-letters?${query.toString()}`);
  if (json) print(JSON.stringify(body, undefined, 2));
  else
    for (const letter of Letters.parse(body).items) {
      const { at, service, stage, reason, origin, detail } = letter;
      const words = [
        time(at),
        service,
        `${stage}: ${reason}`,
        origin,
        ...(typeof detail === 'string' ? [detail] : []),
      ];
      print(words.map(terminalLine).join('  '));
      for (const line of bodyLines(letter)) print(line);
    }
  return 0;
}

const TIMES = ['occurredAt', 'startedAt', 'openedAt'];

function rowLine(row: z.infer<typeof Row>): string {
  const at = TIMES.map((key) => plain(row[key])).find((value) => value !== '') ?? '';
  const words = [time(at), row['severity'], row['status'], row['type'], row['title'] ?? row['id']];
  return words
    .map(plain)
    .filter((word) => word !== '')
    .map(terminalLine)
    .join('  ');
}

/** Text from outside comes wrapped as `{untrusted, text}`. */
function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'text' in value) return String(value.text);
  return '';
}
