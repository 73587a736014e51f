import { parseArgs } from 'node:util';
import { readEnvironment } from '@proxmox-mcp/config';
import * as z from 'zod';
import { UsageError, type Command } from '../command.ts';
import { gatewayAddress, GATEWAY_OPTIONS, GATEWAY_USAGE, jsonAsker } from '../gateway-client.ts';
import { matchWords, ShownMatch } from '../people/match-words.ts';
import { time } from '../raw-lines.ts';
import { terminalLine } from '../terminal-text.ts';
import { Words } from '../words.ts';

const TOOL = '/api/v1/tools/maintenance_set';

const Window = z.looseObject({
  id: z.string(),
  match: ShownMatch,
  from: z.string(),
  until: z.string(),
  reason: Words,
  by: Words,
  effect: z.string(),
  closedAt: z.string().optional(),
  report: z.object({ incidents: z.number(), open: z.number() }).optional(),
});
const Changed = z.looseObject({
  data: z.looseObject({
    window: Window,
    covers: z.looseObject({ nodes: z.number(), guests: z.number(), storages: z.number() }),
  }),
  warnings: z.array(z.string()),
});
const Windows = z.looseObject({ items: z.array(Window), ended: z.array(Window).default([]) });

const SCOPE = {
  cluster: { type: 'string' },
  node: { type: 'string' },
  guest: { type: 'string' },
  tag: { type: 'string' },
  datastore: { type: 'string' },
} as const;

/** Times in which something is expected to be away. */
export const maintenance: Command = {
  name: 'maintenance',
  usage: `open [--cluster C] [--node N] [--guest G] [--tag T] [--datastore D] --for 2h|--until T --reason R [--from T] [--effect mute|annotate]
       maintenance extend ID --for 2h|--until T | close ID | list [--json] ${GATEWAY_USAGE}`,
  summary:
    'opens, extends, closes and lists maintenance windows: what they cover is told to nobody while they last',
  async run({ args, env, print, complain, signal }) {
    const [verb, ...rest] = args;
    const { values, positionals } = parseArgs({
      args: rest,
      allowPositionals: true,
      options: {
        ...GATEWAY_OPTIONS,
        ...SCOPE,
        for: { type: 'string' },
        from: { type: 'string' },
        until: { type: 'string' },
        reason: { type: 'string' },
        effect: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const { url, token, json, for: duration, ...given } = values;
    const ask = () => jsonAsker(gatewayAddress({ url, token }, readEnvironment(env)), signal);
    if (verb === 'list') {
      const answer = await ask()('/api/v1/maintenance');
      if (json) print(JSON.stringify(answer, undefined, 2));
      else {
        const { items, ended } = Windows.parse(answer);
        for (const window of items) print(windowLine(window));
        for (const window of ended) print(`over  ${windowLine(window)}`);
      }
      return 0;
    }
    const [id] = positionals;
    if (verb !== 'open' && verb !== 'extend' && verb !== 'close')
      throw new UsageError('expected open, extend, close or list');
    if (verb !== 'open' && id === undefined)
      throw new UsageError('which window? `maintenance list` shows their ids');
    const answer = await ask()(TOOL, { op: verb, id: verb === 'open' ? undefined : id, duration, ...given });
    if (json) print(JSON.stringify(answer, undefined, 2));
    else {
      const { data, warnings } = Changed.parse(answer);
      const { nodes, guests, storages } = data.covers;
      print(windowLine(data.window));
      print(`covers now: nodes ${nodes}, guests ${guests}, storages ${storages}`);
      for (const warning of warnings) complain(terminalLine(warning));
    }
    return 0;
  },
};

function windowLine({
  id,
  match,
  from,
  until,
  reason,
  by,
  effect,
  closedAt,
  report,
}: z.infer<typeof Window>): string {
  const end = closedAt === undefined ? '' : `  closed ${time(closedAt)}`;
  const kept = report === undefined ? '' : `  kept back ${report.incidents}, left ${report.open}`;
  return terminalLine(
    `${id}  ${time(from)} to ${time(until)}  ${effect}  ${matchWords(match)}  ${reason}  (${by})${end}${kept}`,
  );
}
