import { parseArgs } from 'node:util';
import { readEnvironment } from '@proxmox-mcp/config';
import { mergeSources } from '@proxmox-mcp/ingest-kit';
import { Channel, Inventory, InventorySource } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { UsageError, type Command } from '../command.ts';
import { gatewayAddress, jsonAsker, GATEWAY_OPTIONS, GATEWAY_USAGE, type Ask } from '../gateway-client.ts';
import type { Difference } from '../replay/differences.ts';
import { lookAgain, TooMuch, type Look } from '../replay/look.ts';
import { terminalLine } from '../terminal-text.ts';

const MINUTE_MS = 60_000;
const UNITS: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1_440, w: 10_080 };
/** Inputs sent at a time: a request has at most a megabyte. */
const BATCH_BYTES = 500_000;
const BATCH_ITEMS = 100;

const InventoryAnswer = z.object({
  discovered: z.array(InventorySource),
  configured: Inventory,
});
const Stored = z.object({ stored: z.number(), duplicates: z.number() });

/** Past inputs through today's normalizers and correlation. */
export const replay: Command = {
  name: 'replay',
  usage: `--since T [--until T] [--channel C] [--dry-run] [--json] ${GATEWAY_USAGE}`,
  summary:
    'reads inputs and dead letters of the past again: --dry-run shows what would be different, without it the history gains what it lacks',
  async run({ args, env, print, signal }) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...GATEWAY_OPTIONS,
        since: { type: 'string' },
        until: { type: 'string' },
        channel: { type: 'string' },
        rules: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    if (values.rules !== undefined)
      throw new UsageError('--rules comes with Part 3: a replay uses the rules of this version');
    if (values.since === undefined) throw new UsageError('--since is missing: ISO 8601 or ago, 24h or 7d');
    const now = Date.now();
    const channel = values.channel === undefined ? undefined : Channel.safeParse(values.channel);
    if (channel?.success === false)
      throw new UsageError(
        `unknown channel ${values.channel ?? ''}; there are ${Channel.options.join(', ')}`,
      );
    const span = {
      since: timeOf('--since', values.since, now),
      until: values.until === undefined ? new Date(now).toISOString() : timeOf('--until', values.until, now),
      ...(channel === undefined ? {} : { channel: channel.data }),
    };
    const ask = jsonAsker(gatewayAddress(values, readEnvironment(env)), signal);
    const look = await lookAgain(ask, span, await inventoryOf(ask), { withFacts: values['dry-run'] }).catch(
      (err: unknown) => {
        throw err instanceof TooMuch ? new UsageError(err.message, { cause: err }) : err;
      },
    );
    if (values['dry-run']) {
      if (values.json)
        print(JSON.stringify({ ...counts(look), differences: look.differences }, undefined, 2));
      else for (const line of lines(look)) print(line);
      return 0;
    }
    const { stored, duplicates } = await store(ask, look);
    if (values.json) print(JSON.stringify({ ...counts(look), stored, duplicates }, undefined, 2));
    else {
      print(summary(look));
      print(`${stored} events added to the history, ${duplicates} were there already`);
    }
    return 0;
  },
};

async function inventoryOf(ask: Ask): Promise<Inventory> {
  const { discovered, configured } = InventoryAnswer.parse(await ask('/api/v1/inventory'));
  return { ...configured, sources: mergeSources(configured, [], discovered) };
}

/** Sends what the history lacks, in order, in requests of a bearable size. */
async function store(ask: Ask, { missing }: Look): Promise<z.infer<typeof Stored>> {
  let total = { stored: 0, duplicates: 0 };
  let items: object[] = [];
  let bytes = 0;
  const send = async () => {
    if (items.length === 0) return;
    const answer = Stored.parse(await ask('/api/v1/replay', { items }));
    total = { stored: total.stored + answer.stored, duplicates: total.duplicates + answer.duplicates };
    items = [];
    bytes = 0;
  };
  for (const { input, events } of missing) {
    const item = { ...(input.letter === undefined ? {} : { raw: input.raw }), events };
    const size = Buffer.byteLength(JSON.stringify(item));
    if (items.length >= BATCH_ITEMS || bytes + size > BATCH_BYTES) await send();
    items.push(item);
    bytes += size;
  }
  await send();
  return total;
}

function* lines(look: Look): Generator<string> {
  for (const difference of look.differences) yield* differenceLines(difference);
  yield summary(look);
}

function* differenceLines({
  what,
  change,
  id,
  type,
  title,
  fields = [],
  from,
}: Difference): Generator<string> {
  const head = [`${what} ${change}`, type, title, id, ...(from === undefined ? [] : [`from ${from}`])];
  yield head.map(terminalLine).join('  ');
  for (const { path, before, after } of fields)
    yield terminalLine(`    ${path}: ${short(before)} → ${short(after)}`);
}

const short = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 200));

function counts({ inputs, same, unread }: Look) {
  return { inputs, same, unread };
}

const WHY: Readonly<Record<string, string>> = {
  cut: 'cut when they were kept',
  'no-reader': 'kept to be looked at only',
  failed: 'that the normalizer cannot bear',
};

function summary({ inputs, same, unread }: Look): string {
  const left = Object.entries(unread).map(([why, count]) => `, ${count} ${WHY[why] ?? why}`);
  return `${inputs} inputs read, ${same} give what they gave${left.join('')}`;
}

/** ISO 8601, or ago: `90m`, `24h`, `7d`. */
function timeOf(option: string, text: string, now: number): string {
  const ago = /^(\d{1,6})([mhdw])$/.exec(text.trim());
  const at = ago === null ? Date.parse(text) : now - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0) * MINUTE_MS;
  if (Number.isNaN(at)) throw new UsageError(`${option} is not a time: ISO 8601 or ago, 24h or 7d`);
  return new Date(at).toISOString();
}
