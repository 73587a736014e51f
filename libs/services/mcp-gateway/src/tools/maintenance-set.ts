import { requests, type MaintenanceCommand, type Match } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { askService } from '../call/ask-service.ts';
import { markFreeText } from '../call/untrusted.ts';
import { coverageOf, coverageWords } from '../fleet/coverage.ts';
import { findGuest } from '../fleet/guest-address.ts';
import type { Mirror } from '../fleet/mirror.ts';
import { aheadArgument, defined, guestArgument, parseAhead, parseEnd } from './arguments.ts';
import { ToolError } from './tool-error.ts';
import { dataOutput, defineTool } from './tool.ts';

const name = z.string().min(1).max(200).optional();

const Input = z.object({
  op: z.enum(['open', 'extend', 'close', 'list']),
  id: z.string().max(80).optional().describe('Window to extend or close'),
  cluster: name.describe('Name; "*" for everything'),
  node: name.describe('Name, * for any run of characters: the node and what runs on it'),
  guest: guestArgument.optional(),
  tag: name.describe('Guests with this tag'),
  datastore: name.describe('PBS datastore or PVE storage'),
  from: aheadArgument.describe('Now when omitted'),
  until: aheadArgument,
  duration: z.string().max(40).optional().describe('Instead of until: "90m", "2h"; of extend from now on'),
  reason: z.string().min(1).max(500).optional().describe('Required to open'),
  effect: z
    .enum(['mute', 'annotate'])
    .optional()
    .describe('mute (default): told after the end, if it lasts; annotate: told with a note'),
});
type Input = z.infer<typeof Input>;

/** Times in which something is expected to be away. */
export const maintenanceSetTool = defineTool({
  name: 'maintenance_set',
  title: 'Maintenance windows',
  description:
    'Opens, extends, closes or lists maintenance windows: while one lasts, nobody is told of problems of what it covers (cluster, node with its guests, guest, tag, datastore; all given must fit). Answers the window, what it covers now, and all that are open or planned. Changes nothing in Proxmox.',
  toolset: 'events',
  tier: 'operate',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  privileges: { pve: [], pbs: [] },
  input: Input,
  output: dataOutput(
    z.looseObject({ windows: z.array(z.looseObject({ id: z.string(), until: z.string() })) }),
  ),
  async run(args, { bus, mirror, principal, now }) {
    const question = { op: args.op, by: principal.name, ...parametersOf(args, mirror, now()) };
    const { window, windows } = await askService(bus, 'state', { subject: requests.maintenance, question });
    const covers = window === undefined ? undefined : coverageOf(mirror, window.match);
    return {
      summary:
        window === undefined
          ? `${windows.length} maintenance windows are open or planned.`
          : `Window ${window.id}: ${window.closedAt === undefined ? `${window.from} to ${window.until}` : 'closed'}; covers ${coverageWords(covers ?? NOTHING)}.`,
      data: {
        ...(window === undefined ? {} : { window: markFreeText(window), covers }),
        windows: windows.map((each) => markFreeText(each)),
      },
      warnings:
        args.op === 'open' && covers !== undefined && covers.nodes + covers.guests + covers.storages === 0
          ? ['the window covers nothing that is known now: check the names']
          : [],
    };
  },
});

const NOTHING = { nodes: 0, guests: 0, storages: 0 };

/** @throws {ToolError} `invalid`: something that the operation needs is missing; also what `findGuest` throws. */
function parametersOf(args: Input, mirror: Mirror, now: number): Partial<MaintenanceCommand> {
  const { op, id, reason, effect } = args;
  if (op === 'list') return {};
  if (op !== 'open') {
    if (id === undefined) throw new ToolError('invalid', `${op} needs id`, { hint: 'op list shows the ids' });
    if (op === 'close') return { id };
    return { id, until: neededEnd(args, now) };
  }
  if (reason === undefined) throw new ToolError('invalid', 'open needs reason: why nobody should be told');
  const from = parseAhead('from', args.from, now);
  const until = neededEnd(args, now, from === undefined ? now : Date.parse(from));
  if (Date.parse(until) <= now) throw new ToolError('invalid', 'the window would be over already');
  return { match: matchOf(args, mirror), until, reason, ...defined({ from, effect }) };
}

function neededEnd(args: Input, now: number, from = now): string {
  const end = parseEnd(args, now, from);
  if (end === undefined) throw new ToolError('invalid', `${args.op} needs until or duration`);
  return end;
}

function matchOf({ cluster, node, guest, tag, datastore }: Input, mirror: Mirror): Match {
  if ([cluster, node, guest, tag, datastore].every((given) => given === undefined)) {
    throw new ToolError('invalid', 'open needs a scope', {
      hint: 'give cluster, node, guest, tag or datastore; cluster "*" covers everything',
    });
  }
  const found =
    guest === undefined || guest.includes('*')
      ? undefined
      : findGuest(mirror, guest, cluster === '*' ? undefined : cluster);
  return defined({
    cluster: found?.cluster ?? (cluster === '*' ? undefined : cluster),
    node,
    guest: found?.vmid ?? guest,
    tag,
    storage: datastore,
  });
}
