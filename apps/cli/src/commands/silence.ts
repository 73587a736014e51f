import { parseArgs } from 'node:util';
import { readEnvironment } from '@proxmox-mcp/config';
import * as z from 'zod';
import { UsageError, type Command, type CommandContext } from '../command.ts';
import { gatewayAddress, GATEWAY_OPTIONS, GATEWAY_USAGE, jsonAsker, type Ask } from '../gateway-client.ts';
import { matchWords, readMatch, ShownMatch } from '../people/match-words.ts';
import { time } from '../raw-lines.ts';
import { terminalLine } from '../terminal-text.ts';
import { Words } from '../words.ts';

const PATH = '/api/v1/silences';

const Silence = z.looseObject({
  id: z.string(),
  match: ShownMatch,
  from: z.string(),
  until: z.string(),
  reason: Words,
  by: Words,
});
const Hits = z.array(z.looseObject({ id: z.string(), severity: z.string(), title: z.string() }));

/** Silences: nobody is told of what they match. */
export const silence: Command = {
  name: 'silence',
  usage: `add --match KEY=VALUE… --for 2h|--until T --reason R [--from T] | preview --match KEY=VALUE… | list | expire ID [--json] ${GATEWAY_USAGE}`,
  summary: 'tells nobody of what matches, for a while; preview shows which open incidents that would be',
  async run({ args, env, print, signal }) {
    const [verb, ...rest] = args;
    const { values, positionals } = parseArgs({
      args: rest,
      allowPositionals: true,
      options: {
        ...GATEWAY_OPTIONS,
        match: { type: 'string', multiple: true, default: [] },
        for: { type: 'string' },
        from: { type: 'string' },
        until: { type: 'string' },
        reason: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const call = (): Asking => ({
      ask: jsonAsker(gatewayAddress(values, readEnvironment(env)), signal),
      json: values.json,
      print,
    });
    switch (verb) {
      case 'add': {
        const match = readMatch(values.match);
        const { for: duration, from, until, reason } = values;
        if (duration === undefined && until === undefined)
          throw new UsageError('until when? --for 2h, or --until T');
        if (reason === undefined) throw new UsageError('--reason is missing: why nobody should be told');
        return add(call(), { match, duration, from, until, reason });
      }
      case 'preview':
        return preview(call(), { match: readMatch(values.match) });
      case 'list':
        return list(call());
      case 'expire': {
        const [id] = positionals;
        if (id === undefined) throw new UsageError('which silence? `silence list` shows their ids');
        return expire(call(), id);
      }
      default:
        throw new UsageError('expected add, preview, list or expire');
    }
  },
};

interface Asking {
  readonly ask: Ask;
  readonly json: boolean;
  readonly print: CommandContext['print'];
}

async function add({ ask, json, print }: Asking, body: object): Promise<number> {
  const answer = await ask(PATH, body);
  if (json) print(JSON.stringify(answer, undefined, 2));
  else {
    const { silence: added, hits } = z.looseObject({ silence: Silence, hits: Hits }).parse(answer);
    print(silenceLine(added));
    for (const line of hitLines(hits)) print(line);
  }
  return 0;
}

async function preview({ ask, json, print }: Asking, body: object): Promise<number> {
  const answer = await ask(`${PATH}/preview`, body);
  if (json) print(JSON.stringify(answer, undefined, 2));
  else for (const line of hitLines(z.looseObject({ items: Hits }).parse(answer).items)) print(line);
  return 0;
}

async function list({ ask, json, print }: Asking): Promise<number> {
  const answer = await ask(PATH);
  if (json) print(JSON.stringify(answer, undefined, 2));
  else
    for (const each of z.looseObject({ items: z.array(Silence) }).parse(answer).items)
      print(silenceLine(each));
  return 0;
}

async function expire({ ask, json, print }: Asking, id: string): Promise<number> {
  const answer = await ask(`${PATH}/${encodeURIComponent(id)}`, undefined, 'DELETE');
  print(json ? JSON.stringify(answer, undefined, 2) : terminalLine(`expired ${id}`));
  return 0;
}

function silenceLine({ id, match, from, until, reason, by }: z.infer<typeof Silence>): string {
  return terminalLine(`${id}  ${time(from)} to ${time(until)}  ${matchWords(match)}  ${reason}  (${by})`);
}

function hitLines(hits: z.infer<typeof Hits>): string[] {
  if (hits.length === 0) return ['hits no open incident'];
  return [
    `hits ${hits.length} open incident${hits.length === 1 ? '' : 's'}:`,
    ...hits.map(({ id, severity, title }) => terminalLine(`  ${severity}  ${id}  ${title}`)),
  ];
}
