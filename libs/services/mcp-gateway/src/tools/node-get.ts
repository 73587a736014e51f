import type { NodeState } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { markFreeText } from '../call/untrusted.ts';
import { degradedSources } from '../fleet/degraded.ts';
import { percentOf } from '../fleet/overview.ts';
import type { Mirror } from '../fleet/mirror.ts';
import { readSections, type Section } from '../proxmox/reader.ts';
import { clusterArgument } from './arguments.ts';
import { ToolError } from './tool-error.ts';
import { dataOutput, defineTool, readOnly } from './tool.ts';

const PARTS = [
  'services',
  'disks',
  'network',
  'updates',
  'certs',
  'subscription',
  'time',
  'hardware',
  'ceph',
  'report',
] as const;
type Part = (typeof PARTS)[number];

/** One node as a document. */
export const nodeGetTool = defineTool({
  name: 'node_get',
  title: 'One node',
  description:
    'One Proxmox VE node or backup server: status, load, guests on it, and on request services, disks (SMART, ZFS, LVM), network, pending updates, certificates, subscription, time, hardware, Ceph, full report.',
  toolset: 'core',
  tier: 'read',
  annotations: readOnly,
  privileges: { pve: ['Sys.Audit', 'Sys.Modify (updates)'], pbs: ['Sys.Audit'] },
  input: z.object({
    node: z.string().min(1).max(100).describe('Name, or "cluster/name"'),
    cluster: clusterArgument,
    include: z.array(z.enum(PARTS)).max(PARTS.length).optional(),
  }),
  output: dataOutput(z.looseObject({ node: z.string(), cluster: z.string(), status: z.string() })),
  async run({ node: address, cluster, include }, { mirror, proxmox, signal }) {
    const node = findNode(mirror, address, cluster);
    const asked = await readSections(proxmox, node.source, sectionsOf(node, new Set(include ?? [])), signal);
    const guests = mirror
      .rows('guests')
      .filter((row) => row.cluster === node.cluster && row.node === node.node);
    const running = guests.filter((guest) => guest.status === 'running').length;
    const stale = degradedSources(mirror.rows('sources'), (source) => source.name === node.source);
    return {
      summary: `Node ${node.node} of ${node.cluster} is ${node.status}${node.product === 'pve' ? `, ${running} of ${guests.length} guests run on it` : ''}.`,
      data: {
        node: node.node,
        cluster: node.cluster,
        product: node.product,
        status: node.status,
        since: node.since,
        observed_at: node.observedAt,
        uptime_s: node.uptime,
        cores: node.maxcpu,
        maxmem_bytes: node.maxmem,
        ...percentOf('cpu_percent', node.cpu, node.cpu === undefined ? undefined : 1),
        ...percentOf('mem_percent', node.mem, node.maxmem),
        ...percentOf('disk_percent', node.disk, node.maxdisk),
        ...(node.version === undefined ? {} : { version: node.version }),
        ...(node.hastate === undefined ? {} : { ha: node.hastate }),
        ...(node.product === 'pve' ? { guests: { running, total: guests.length } } : {}),
        ...Object.fromEntries(
          Object.entries(asked.parts).map(([name, value]) => [name, markFreeText(value)]),
        ),
      },
      degraded: [...asked.degraded, ...stale],
    };
  },
});

/** @throws {ToolError} `not_found` or `ambiguous`. */
function findNode(mirror: Mirror, address: string, cluster: string | undefined): NodeState {
  const slash = address.indexOf('/');
  const name = slash > 0 ? address.slice(slash + 1) : address;
  const inCluster = slash > 0 ? address.slice(0, slash) : cluster;
  const found = mirror
    .rows('nodes')
    .filter((row) => row.node === name && (inCluster === undefined || row.cluster === inCluster));
  const [first] = found;
  if (first === undefined) {
    throw new ToolError('not_found', `no node "${address}" in the live picture`, {
      hint: 'inventory_search with kind ["node"] lists them',
    });
  }
  if (found.length > 1) {
    throw new ToolError('ambiguous', `${found.length} nodes are called "${name}"`, {
      hint: 'use one of the candidates',
      candidates: found.slice(0, 10).map((row) => `${row.cluster}/${row.node}`),
    });
  }
  return first;
}

function sectionsOf({ node, product }: NodeState, wanted: ReadonlySet<Part>): Record<string, Section> {
  const base = `/nodes/${encodeURIComponent(node)}`;
  const audit = product === 'pve' ? `Sys.Audit on ${base}` : 'Sys.Audit on /system';
  const both: Partial<Record<Part, Section>> = {
    services: { path: `${base}/services`, privilege: audit },
    disks: { path: `${base}/disks/list`, privilege: audit },
    network: { path: `${base}/network`, privilege: audit },
    certs: { path: `${base}/certificates/info`, privilege: audit },
    subscription: { path: `${base}/subscription`, privilege: audit },
    time: { path: `${base}/time`, privilege: audit },
    report: { path: `${base}/report`, privilege: audit },
    updates: {
      path: `${base}/apt/update`,
      privilege: product === 'pve' ? `Sys.Modify on ${base}` : audit,
    },
  };
  const pve: Partial<Record<Part, Section>> = {
    hardware: { path: `${base}/hardware/pci`, privilege: audit },
    ceph: { path: `${base}/ceph/status`, privilege: 'Sys.Audit or Datastore.Audit on /' },
  };
  const all = product === 'pve' ? { ...both, ...pve } : both;
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => wanted.has(name as Part)), // `all` has no other keys than parts
  );
}
