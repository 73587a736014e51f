import { randomUUID } from 'node:crypto';
import type { KeyValue } from '@proxmox-mcp/bus';
import {
  Incident,
  type Match,
  matches,
  type Silence,
  type SilenceAnswer,
  SilenceCommand,
} from '@proxmox-mcp/schemas';
import type { Silences } from '../silences.ts';

/** What answering needs. */
export interface SilenceTools {
  readonly silences: Silences;
  readonly incidents: Pick<KeyValue, 'list'>;
  readonly now: () => number;
}

/** In force or still to come, at one time. */
const MAX_SILENCES = 500;
const MAX_LASTS_MS = 366 * 86_400_000;
const MAX_HITS = 50;

/** Answers `notifier.command.silence`. */
export async function answerSilence(tools: SilenceTools, question: unknown): Promise<SilenceAnswer> {
  const parsed = SilenceCommand.safeParse(question);
  if (!parsed.success) return invalid(parsed.error.issues[0]?.message ?? 'not a command');
  const command = parsed.data;
  switch (command.op) {
    case 'list':
      return told(tools, undefined);
    case 'preview':
      return command.match === undefined ? invalid('preview needs `match`') : told(tools, command.match);
    case 'add':
      return add(tools, command);
    case 'expire':
      return expire(tools, command.id);
  }
}

async function add(tools: SilenceTools, command: SilenceCommand): Promise<SilenceAnswer> {
  const { match, until, reason, by } = command;
  if (match === undefined || until === undefined || reason === undefined)
    return invalid('add needs `match`, `until` and `reason`');
  if (Object.keys(match).length === 0) return invalid('an empty `match` would silence everything');
  const now = tools.now();
  const from = command.from === undefined ? now : Date.parse(command.from);
  const end = Date.parse(until);
  if (end <= Math.max(from, now)) return invalid('`until` is not after `from` and now');
  if (end - now > MAX_LASTS_MS) return invalid('`until` is more than a year away');
  if (current(tools).length >= MAX_SILENCES) return invalid(`there are ${MAX_SILENCES} silences already`);
  const silence: Silence = {
    id: command.id ?? `sil-${randomUUID().slice(0, 13)}`,
    match,
    from: iso(from),
    until: iso(end),
    reason,
    by,
  };
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(silence.id)) return invalid('`id` is letters, digits, - and _');
  // A command that is repeated makes no second one, and nobody loses one to a name that is taken.
  const taken = current(tools).find(({ id }) => id === silence.id);
  if (taken === undefined) await tools.silences.put(silence);
  return told(tools, match, taken ?? silence);
}

async function expire(tools: SilenceTools, id: string | undefined): Promise<SilenceAnswer> {
  const silence = current(tools).find((each) => each.id === id);
  if (silence === undefined) return { ok: false, code: 'not_found', message: 'no such silence is in force' };
  const expired = { ...silence, expiredAt: iso(tools.now()) };
  await tools.silences.put(expired);
  return told(tools, undefined, expired);
}

async function told(
  tools: SilenceTools,
  match: Match | undefined,
  silence?: Silence,
): Promise<SilenceAnswer> {
  return {
    ok: true,
    ...(silence === undefined ? {} : { silence }),
    silences: current(tools),
    hits: match === undefined ? [] : await hitsOf(tools, match),
  };
}

async function hitsOf(tools: SilenceTools, match: Match) {
  return (await tools.incidents.list())
    .flatMap(({ value }) => read(value) ?? [])
    .filter((incident) => incident.status !== 'resolved' && matches(match, incident))
    .sort((a, b) => (a.openedAt < b.openedAt ? 1 : -1))
    .slice(0, MAX_HITS)
    .map(({ id, title, severity }) => ({ id, title, severity }));
}

function current({ silences, now }: SilenceTools): Silence[] {
  const at = now();
  return silences
    .all()
    .filter((each) => each.expiredAt === undefined && Date.parse(each.until) > at)
    .sort((a, b) => (a.until < b.until ? -1 : 1));
}

/** Deletes silences that have been over for long. @returns how many. */
export async function pruneSilences(
  silences: Silences,
  { keepMs, now }: { readonly keepMs: number; readonly now: number },
): Promise<number> {
  const old = silences.all().filter((each) => now - Date.parse(each.expiredAt ?? each.until) > keepMs);
  for (const { id } of old) await silences.delete(id);
  return old.length;
}

function invalid(message: string): SilenceAnswer {
  return { ok: false, code: 'invalid', message };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function read(value: string): Incident | undefined {
  try {
    return Incident.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}
