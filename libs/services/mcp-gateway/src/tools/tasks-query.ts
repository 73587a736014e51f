import { requests, type Fact } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { decodeHistoryCursor, encodeHistoryCursor } from '../call/history-cursor.ts';
import { untrusted, type UntrustedText } from '../call/untrusted.ts';
import type { Degraded } from '../fleet/degraded.ts';
import { findGuest } from '../fleet/guest-address.ts';
import { ownWords, taskRow } from '../fleet/rows.ts';
import { explain } from '../proxmox/reader.ts';
import {
  clusterArgument,
  cursorArgument,
  defined,
  guestArgument,
  limitArgument,
  parseTime,
  timeArgument,
} from './arguments.ts';
import { ToolError } from './tool-error.ts';
import { defineTool, itemsOrDataOutput, readOpenWorld, type ToolAnswer, type ToolContext } from './tool.ts';

const OUTCOMES = { ok: ['succeeded'], warn: ['warned'], error: ['failed', 'unknown'] } as const;

/** Tasks from the history: every task we heard of, by whichever channel. */
export const tasksQueryTool = defineTool({
  name: 'tasks_query',
  title: 'Tasks',
  description:
    'Tasks of all nodes, newest first: filter by node, guest, type ("backup.*" or Proxmox’s "vzdump"), state, user, time. With "upid": that task with its log tail and why it failed.',
  toolset: 'observe',
  tier: 'read',
  annotations: readOpenWorld,
  privileges: { pve: ['Sys.Audit'], pbs: ['Sys.Audit'] },
  input: z.object({
    upid: z.string().max(512).optional(),
    cluster: clusterArgument,
    node: z.string().max(100).optional(),
    guest: guestArgument.optional(),
    type: z.string().max(80).optional(),
    state: z.enum(['running', 'ok', 'warn', 'error']).optional(),
    user: z.string().max(120).optional(),
    since: timeArgument,
    until: timeArgument,
    log_lines: z.coerce.number().int().min(0).max(500).default(30).describe('Log tail of one task'),
    log_grep: z.string().max(100).optional().describe('Only log lines that contain this text'),
    limit: limitArgument,
    cursor: cursorArgument,
  }),
  output: itemsOrDataOutput(
    z.looseObject({
      upid: z.string().optional(),
      type: z.string(),
      state: z.string().optional(),
      started: z.string(),
    }),
    z.looseObject({ task: z.looseObject({ type: z.string() }) }),
  ),
  async run(args, context) {
    if (args.upid !== undefined) return oneTask(args.upid, args, context);
    const guest = args.guest === undefined ? undefined : findGuest(context.mirror, args.guest, args.cluster);
    const isProxmoxType = args.type !== undefined && !args.type.includes('.') && !args.type.includes('*');
    const now = context.now();
    const answer = await context.bus.request(requests.facts, {
      tasks: true,
      limit: args.limit,
      ...defined({
        cursor: decodeHistoryCursor(args.cursor),
        cluster: guest?.cluster ?? (args.cluster === '*' ? undefined : args.cluster),
        vmid: guest?.vmid,
        node: args.node,
        user: args.user,
        since: parseTime('since', args.since, now),
        until: parseTime('until', args.until, now),
        running: args.state === undefined ? undefined : args.state === 'running',
        taskType: isProxmoxType ? args.type : undefined,
        types: typeGlobs(isProxmoxType ? undefined : args.type, args.state),
      }),
    });
    return {
      summary: `${answer.items.length} tasks${answer.nextCursor === undefined ? '' : ', more follow'}.`,
      items: answer.items.map(taskRow),
      next_cursor: encodeHistoryCursor(answer.nextCursor),
    };
  },
});

function typeGlobs(
  type: string | undefined,
  state: 'running' | 'ok' | 'warn' | 'error' | undefined,
): string[] | undefined {
  if (state === undefined || state === 'running') return type === undefined ? undefined : [type];
  // `backup.job` or `backup.*` with state error: `backup.job.failed`, `backup.*.failed`.
  const stem = type === undefined ? '*' : type.replace(/\.\*$/, '');
  const families = type === undefined || !type.endsWith('.*') ? [stem] : [stem, `${stem}.*`];
  return families.flatMap((family) => OUTCOMES[state].map((outcome) => `${family}.${outcome}`));
}

async function oneTask(
  upid: string,
  { log_lines: lines, log_grep: grep }: { log_lines: number; log_grep?: string | undefined },
  context: ToolContext,
): Promise<ToolAnswer> {
  const { items } = await context.bus.request(requests.facts, { upid, limit: 1 });
  const [fact] = items;
  if (fact === undefined) throw new ToolError('not_found', 'no task with this upid in the history');
  const row = taskRow(fact);
  const source = sourceOf(fact, context);
  const { log, degraded } =
    lines === 0 ? { degraded: [] } : await tail(fact, source, { lines, grep }, context);
  return {
    summary: ownWords(fact.title),
    data: { task: row, ...(log === undefined ? {} : { log }), reported_by: fact.members.length },
    degraded,
  };
}

interface Tail {
  readonly log?: UntrustedText[];
  readonly degraded: Degraded[];
}

/** Log lines read at most: from the end, or to search through. */
const MAX_LINES = 5_000;

async function tail(
  { upid = '', node: known }: Fact,
  source: string | undefined,
  { lines, grep }: { lines: number; grep: string | undefined },
  { proxmox, signal }: ToolContext,
): Promise<Tail> {
  const node = known ?? upid.split(':')[1] ?? '';
  if (source === undefined)
    return {
      degraded: [{ where: node, reason: 'unreachable', detail: 'no configured host knows this node' }],
    };
  const path = `/nodes/${encodeURIComponent(node)}/tasks/${encodeURIComponent(upid)}/log`;
  try {
    // Logs are paged from the start only: ask how long it is, then for the end.
    const { total = 0 } = await proxmox.get(source, path, { query: { start: 0, limit: 1 }, signal });
    const wanted = grep === undefined ? lines : MAX_LINES;
    const { data } = await proxmox.get(source, path, {
      query: { start: Math.max(0, total - wanted), limit: wanted },
      signal,
    });
    return { log: logLines(data, lines, grep), degraded: [] };
  } catch (error) {
    return { degraded: [explain(error, { source, path, privilege: `Sys.Audit on /nodes/${node}` })] };
  }
}

function sourceOf(fact: Fact, { mirror }: ToolContext): string | undefined {
  const { cluster, node } = fact;
  return mirror
    .rows('nodes')
    .find((row) => row.cluster === cluster && (node === undefined || row.node === node))?.source;
}

function logLines(answer: unknown, count: number, grep: string | undefined): UntrustedText[] {
  const needle = grep?.toLowerCase();
  return (Array.isArray(answer) ? answer : [])
    .map((row: unknown) => (typeof row === 'object' && row !== null && 't' in row ? String(row.t) : ''))
    .filter((text) => needle === undefined || text.toLowerCase().includes(needle))
    .slice(-count)
    .map((text) => untrusted(text.slice(0, 1_000)));
}
