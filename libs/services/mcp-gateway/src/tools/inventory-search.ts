import * as z from 'zod';
import { degradedSources } from '../fleet/degraded.ts';
import { INVENTORY_KINDS, inventoryRows } from '../fleet/inventory.ts';
import { parseWhere } from '../fleet/where.ts';
import { clusterArgument, cursorArgument, limitArgument } from './arguments.ts';
import { ToolError } from './tool-error.ts';
import { defineTool, itemsOutput, readOnly } from './tool.ts';

const SORT = {
  cpu: 'cpu_percent',
  mem: 'mem_percent',
  disk: 'disk_percent',
  uptime: 'uptime_s',
  name: 'name',
} as const;

/** Finds nodes, guests, storages and datastores in the live picture. */
export const inventorySearchTool = defineTool({
  name: 'inventory_search',
  title: 'Search the inventory',
  description:
    'Finds nodes, guests (VMs and containers), storages and backup datastores by name, id, tag, pool, node or status, with load. Example: {"kind":["guest"],"where":"mem>90 and status=running","sort":"mem"}.',
  toolset: 'core',
  tier: 'read',
  annotations: readOnly,
  privileges: { pve: ['VM.Audit', 'Datastore.Audit'], pbs: ['Datastore.Audit'] },
  input: z.object({
    query: z.string().max(200).optional().describe('Part of a name, id, tag, pool or node'),
    kind: z.array(z.enum(INVENTORY_KINDS)).max(6).optional(),
    product: z.enum(['pve', 'pbs']).optional(),
    cluster: clusterArgument,
    node: z.string().max(100).optional(),
    status: z.string().max(40).optional(),
    tag: z.string().max(100).optional(),
    pool: z.string().max(100).optional(),
    where: z
      .string()
      .max(300)
      .optional()
      .describe('Conditions joined by "and": cpu>80, mem>=90, uptime<3600, status!=running'),
    sort: z
      .enum(['cpu', 'mem', 'disk', 'uptime', 'name'])
      .default('name')
      .describe('All but name: highest first'),
    limit: limitArgument,
    cursor: cursorArgument,
  }),
  output: itemsOutput(
    z.looseObject({ id: z.string(), kind: z.string(), name: z.string().optional(), status: z.string() }),
  ),
  run(args, { mirror }) {
    const kinds = new Set(args.kind ?? (['node', 'guest', 'storage', 'datastore'] as const));
    const meets = parseWhere(args.where);
    const query = args.query?.trim().toLowerCase();
    const cluster = args.cluster === '*' ? undefined : args.cluster;
    const found = inventoryRows(mirror, kinds).filter(
      (row) =>
        (cluster === undefined || row['cluster'] === cluster) &&
        (args.product === undefined || row['product'] === args.product) &&
        (args.node === undefined || row['node'] === args.node) &&
        (args.status === undefined || row['status'] === args.status) &&
        (args.pool === undefined || row['pool'] === args.pool) &&
        (args.tag === undefined || words(row['tags']).includes(args.tag)) &&
        (query === undefined || query === '' || haystack(row).includes(query)) &&
        meets(row),
    );
    const rows = found.sort(comparing(args.sort));
    const from = args.cursor === undefined ? 0 : readOffset(args.cursor);
    const items = rows.slice(from, from + args.limit);
    const end = from + items.length;
    return Promise.resolve({
      summary: `${rows.length} found${rows.length > items.length ? `, ${items.length} shown` : ''}.`,
      items,
      ...(end < rows.length ? { next_cursor: Buffer.from(`o.${end}`).toString('base64url') } : {}),
      // Ways in without a cluster (syslog, webhooks) bring no rows.
      degraded: degradedSources(
        mirror.rows('sources'),
        (source) => source.cluster !== undefined && (cluster === undefined || source.cluster === cluster),
      ),
    });
  },
});

function words(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function haystack(row: Record<string, unknown>): string {
  return [row['id'], row['name'], row['node'], row['pool'], ...words(row['tags'])].join('\n').toLowerCase();
}

function comparing(
  sort: keyof typeof SORT,
): (a: Record<string, unknown>, b: Record<string, unknown>) => number {
  const key = SORT[sort];
  const byId = (a: Record<string, unknown>, b: Record<string, unknown>) =>
    String(a['id']).localeCompare(String(b['id']), 'en', { numeric: true });
  if (sort === 'name') {
    return (a, b) =>
      String(a['name'] ?? a['id']).localeCompare(String(b['name'] ?? b['id']), 'en', { numeric: true }) ||
      byId(a, b);
  }
  const figure = (row: Record<string, unknown>) => (typeof row[key] === 'number' ? row[key] : -1);
  return (a, b) => figure(b) - figure(a) || byId(a, b);
}

function readOffset(cursor: string): number {
  const match = /^o\.(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (match === null) throw new ToolError('invalid', 'cursor is not one of an inventory_search answer');
  return Number(match[1]);
}
