import { requests, type GuestState } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { markFreeText, plainWord } from '../call/untrusted.ts';
import { degradedSources, type Degraded } from '../fleet/degraded.ts';
import { findGuest } from '../fleet/guest-address.ts';
import { eventRow, guestRow, taskRow } from '../fleet/rows.ts';
import { readSections, type Section } from '../proxmox/reader.ts';
import { clusterArgument, guestArgument } from './arguments.ts';
import { dataOutput, defineTool, readOpenWorld, type ToolContext } from './tool.ts';

const PARTS = [
  'config',
  'pending',
  'snapshots',
  'agent',
  'backups',
  'tasks',
  'firewall',
  'ha',
  'events',
  'cloudinit',
] as const;
type Part = (typeof PARTS)[number];
const HISTORY_ROWS = 10;

/** One guest as a document: the live picture, and what its host says when asked. */
export const guestGetTool = defineTool({
  name: 'guest_get',
  title: 'One guest',
  description:
    'One VM or container: status, load, node, and on request its config, pending changes, snapshots, guest agent, backups, tasks, firewall, HA, events, cloud-init. Address it by "105", name or "cluster/105"; the node is found for you.',
  toolset: 'core',
  tier: 'read',
  annotations: readOpenWorld,
  privileges: { pve: ['VM.Audit', 'VM.GuestAgent.Audit'], pbs: [] },
  input: z.object({
    guest: guestArgument,
    cluster: clusterArgument,
    include: z.array(z.enum(PARTS)).max(PARTS.length).optional(),
  }),
  output: dataOutput(
    z.looseObject({ id: z.string(), kind: z.string(), vmid: z.number(), status: z.string() }),
  ),
  async run({ guest: address, cluster, include }, context) {
    const guest = findGuest(context.mirror, address, cluster);
    const wanted = new Set<Part>(include ?? []);
    const [asked, history] = await Promise.all([
      readSections(context.proxmox, guest.source, sectionsOf(guest, wanted), context.signal),
      historyOf(guest, wanted, context),
    ]);
    const { config, ...parts } = asked.parts;
    const stale = degradedSources(context.mirror.rows('sources'), (source) => source.name === guest.source);
    const data = {
      ...guestRow(guest),
      since: guest.since,
      observed_at: guest.observedAt,
      maxcpu: guest.maxcpu,
      maxmem_bytes: guest.maxmem,
      maxdisk_bytes: guest.maxdisk,
      ...(config === undefined ? {} : { ...digestOf(config), config: markFreeText(config) }),
      ...Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, markFreeText(value)])),
      ...history,
      ...(wanted.has('ha')
        ? { ha: guest.hastate === undefined ? 'not managed' : plainWord(guest.hastate) }
        : {}),
    };
    const degraded: Degraded[] = [...asked.degraded, ...stale];
    return {
      summary: `${guest.guestKind} ${guest.vmid}${guest.name === undefined ? '' : ` (${plainWord(guest.name)})`} is ${guest.status} on ${guest.node}.${degraded.length > 0 ? ' Some of it could not be read: see degraded.' : ''}`,
      data,
      degraded,
    };
  },
});

function digestOf(config: unknown): { digest?: unknown } {
  return typeof config === 'object' && config !== null && 'digest' in config ? { digest: config.digest } : {};
}

function sectionsOf(
  { node, guestKind, vmid }: GuestState,
  wanted: ReadonlySet<Part>,
): Record<string, Section> {
  const base = `/nodes/${encodeURIComponent(node)}/${guestKind}/${vmid}`;
  const audit = `VM.Audit on /vms/${vmid}`;
  const all: Partial<Record<Part, Section>> = {
    config: { path: `${base}/config`, privilege: audit },
    pending: { path: `${base}/pending`, privilege: audit },
    snapshots: { path: `${base}/snapshot`, privilege: audit },
    firewall: { path: `${base}/firewall/rules`, privilege: audit },
    ...(guestKind === 'qemu'
      ? {
          agent: {
            path: `${base}/agent/network-get-interfaces`,
            privilege: `VM.GuestAgent.Audit on /vms/${vmid}`,
          },
          cloudinit: { path: `${base}/cloudinit`, privilege: audit },
        }
      : { agent: { path: `${base}/interfaces`, privilege: audit } }),
  };
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => wanted.has(name as Part)), // `all` has no other keys than parts
  );
}

async function historyOf(
  { cluster, vmid }: GuestState,
  wanted: ReadonlySet<Part>,
  { bus }: ToolContext,
): Promise<Record<string, unknown>> {
  const facts = async (types?: string[]) =>
    (
      await bus.request(requests.facts, {
        cluster,
        vmid,
        limit: HISTORY_ROWS,
        ...(types === undefined ? { tasks: true } : { types }),
      })
    ).items.map(taskRow);
  return {
    ...(wanted.has('tasks') ? { tasks: await facts() } : {}),
    ...(wanted.has('backups') ? { backups: await facts(['backup.*']) } : {}),
    ...(wanted.has('events')
      ? {
          events: (
            await bus.request(requests.events, { cluster, vmid, limit: HISTORY_ROWS, order: 'newest' })
          ).items.map(({ seq, ...event }) => eventRow(event, seq)),
        }
      : {}),
  };
}
