import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readEnvironment, readYamlFile } from '@proxmox-mcp/config';
import { mergeSources } from '@proxmox-mcp/ingest-kit';
import { Channel, Inventory, InventorySource } from '@proxmox-mcp/schemas';
import { RulesYaml, type RulesFile } from '@proxmox-mcp/state';
import * as z from 'zod';
import { UsageError, type Command } from '../command.ts';
import { gatewayAddress, jsonAsker, GATEWAY_OPTIONS, GATEWAY_USAGE, type Ask } from '../gateway-client.ts';
import type { Difference } from '../replay/differences.ts';
import { lookAgain, TooMuch, type Look } from '../replay/look.ts';
import { comparisonLines } from '../replay/rehearse-lines.ts';
import { rehearse } from '../replay/rehearse.ts';
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
  usage: `--since T [--until T] [--channel C] [--dry-run] [--rules FILE] [--json] ${GATEWAY_USAGE}`,
  summary:
    'reads inputs and dead letters of the past again: --dry-run shows what would be different, without it the history gains what it lacks; --rules shows which incidents other rules would have made of the last 30 days',
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
    if (values.rules !== undefined && values.channel !== undefined)
      throw new UsageError('--rules goes without --channel: incidents are made of what all channels report');
    const from = values.since ?? (values.rules === undefined ? undefined : '30d');
    if (from === undefined) throw new UsageError('--since is missing: ISO 8601 or ago, 24h or 7d');
    const now = Date.now();
    const channel = values.channel === undefined ? undefined : Channel.safeParse(values.channel);
    if (channel?.success === false)
      throw new UsageError(
        `unknown channel ${values.channel ?? ''}; there are ${Channel.options.join(', ')}`,
      );
    const span = {
      since: timeOf('--since', from, now),
      until: values.until === undefined ? new Date(now).toISOString() : timeOf('--until', values.until, now),
      ...(channel === undefined ? {} : { channel: channel.data }),
    };
    const rules =
      values.rules === undefined ? undefined : { name: values.rules, file: rulesIn(values.rules) };
    const ask = jsonAsker(gatewayAddress(values, readEnvironment(env)), signal);
    const inventory = await inventoryOf(ask);
    if (rules !== undefined) {
      const current = existsSync(CURRENT_RULES) ? CURRENT_RULES : undefined;
      const present = current === undefined ? RulesYaml.parse({}) : rulesIn(current);
      const parts = { ask, span, inventory, signal };
      const comparison = await rehearse(present, rules.file, parts).catch(asUsage);
      const names = { now: current ?? `defaults, there is no ${CURRENT_RULES} here`, then: rules.name };
      if (values.json) print(JSON.stringify(comparison, undefined, 2));
      else for (const line of comparisonLines(comparison, names)) print(line);
      return 0;
    }
    const look = await lookAgain(ask, span, inventory, { withFacts: values['dry-run'] }).catch(asUsage);
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

/** The rules of a running product that was started here. */
const CURRENT_RULES = join('config', 'rules.yaml');

/** @throws {UsageError} the file is not there, or is none of rules. */
function rulesIn(file: string): RulesFile {
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}`);
  const faults: { key: string; message: string }[] = [];
  const rules = readYamlFile(file, RulesYaml, faults);
  if (faults.length > 0)
    throw new UsageError(faults.map(({ key, message }) => `${key}: ${message}`).join('\n'));
  return rules;
}

function asUsage(err: unknown): never {
  throw err instanceof TooMuch ? new UsageError(err.message, { cause: err }) : err;
}

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
