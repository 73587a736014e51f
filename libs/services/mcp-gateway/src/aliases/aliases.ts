import { ToolError } from '../tools/tool-error.ts';
import { refuseUnserved } from './unserved.ts';

type Arguments = Record<string, unknown>;
/** A call in our own words. */
export interface Translated {
  readonly tool: string;
  readonly args: Arguments;
  /** What the predecessor's answer had and ours lacks; told as a warning. */
  readonly note?: string;
}

/** A name of the predecessor: accepted by `tools/call`, hidden from `tools/list` (TOOLS §7). */
export interface Alias {
  readonly name: string;
  /** @throws {ToolError} the call has no counterpart. */
  readonly translate: (args: Arguments) => Translated;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

const PRIORITIES: Readonly<Record<string, string>> = {
  low: 'info',
  normal: 'info',
  high: 'warning',
  critical: 'critical',
};

/** Rows of one kind; `{node?, vmid?}` becomes the one guest when a vmid is given. */
function guests(
  kind: 'guest' | 'qemu' | 'lxc',
  { node, vmid }: { node: unknown; vmid: unknown },
): Translated {
  return text(vmid) === undefined
    ? { tool: 'inventory_search', args: { kind: [kind], node: text(node), limit: 500 } }
    : { tool: 'guest_get', args: { guest: text(vmid), include: ['config'] } };
}

function nodes(type: unknown): Translated {
  const product = type === 'pve' || type === 'pbs' ? type : undefined;
  return { tool: 'inventory_search', args: { kind: ['node'], product } };
}

const POWER = ['start', 'shutdown', 'restart', 'reboot', 'suspend', 'resume'];
const FORCE = ['stop', 'reset'];

/** A power command with a switch, not a shell: reading works, the rest comes with the tools that change guests. */
function command({ vmid, command: word, force }: Arguments): Translated {
  if (word === 'status') return { tool: 'guest_get', args: { guest: text(vmid) } };
  if (word === 'config') return { tool: 'guest_get', args: { guest: text(vmid), include: ['config'] } };
  if (typeof word !== 'string' || ![...POWER, ...FORCE].includes(word)) {
    throw new ToolError('invalid', 'command is none of the power commands', {
      hint: `there are status, config, ${[...POWER, ...FORCE].join(', ')}; no shell`,
    });
  }
  return refuseUnserved(FORCE.includes(word) || force === true ? 'force' : 'power');
}

/** The names that the tools of this version answer. */
export const ALIASES: readonly Alias[] = [
  { name: 'get_cluster_status', translate: () => ({ tool: 'fleet_overview', args: {} }) },
  { name: 'get_nodes', translate: () => nodes(undefined) },
  {
    name: 'get_node_status',
    translate: ({ node, node_name, node_type }) => {
      const name = text(node) ?? text(node_name);
      return name === undefined ? nodes(node_type) : { tool: 'node_get', args: { node: name } };
    },
  },
  { name: 'get_vms', translate: ({ node, vmid }) => guests('qemu', { node, vmid }) },
  {
    name: 'get_vm_list',
    translate: ({ node_name, node, vm_type }) =>
      guests(vm_type === 'qemu' || vm_type === 'lxc' ? vm_type : 'guest', {
        node: node_name ?? node,
        vmid: undefined,
      }),
  },
  { name: 'get_lxcs', translate: ({ node, vmid }) => guests('lxc', { node, vmid }) },
  { name: 'get_vm_status', translate: ({ vmid }) => ({ tool: 'guest_get', args: { guest: text(vmid) } }) },
  { name: 'execute_vm_command', translate: command },
  { name: 'execute_lxc_command', translate: command },
  {
    name: 'get_storage',
    translate: ({ node, storage }) => ({
      tool: 'inventory_search',
      args: { kind: ['storage', 'datastore'], node: text(node), query: text(storage), limit: 500 },
    }),
  },
  {
    name: 'get_node_tasks',
    translate: ({ node, limit }) => ({ tool: 'tasks_query', args: { node: text(node), limit } }),
  },
  {
    name: 'get_recent_tasks',
    translate: ({ node, node_name, limit }) => ({
      tool: 'tasks_query',
      args: { node: text(node) ?? text(node_name), limit },
    }),
  },
  {
    name: 'get_backup_info',
    translate: ({ node }) => ({
      tool: 'tasks_query',
      args: { type: 'backup.*', node: text(node) },
      note: 'these are the backups that ran; schedules and what is not protected come with backups_query in a later version',
    }),
  },
  {
    name: 'check_node_health',
    translate: ({ node, node_name }) => {
      const name = text(node) ?? text(node_name);
      return name === undefined
        ? { tool: 'fleet_overview', args: {} }
        : { tool: 'node_get', args: { node: name, include: ['services'] } };
    },
  },
  {
    name: 'get_network_info',
    translate: ({ node }) =>
      text(node) === undefined
        ? nodes(undefined)
        : { tool: 'node_get', args: { node: text(node), include: ['network'] } },
  },
  {
    name: 'send_notification',
    translate: ({ title, message, severity, priority }) => ({
      tool: 'notify_send',
      args: {
        title: text(title),
        body: text(message) ?? '',
        severity: text(severity) ?? PRIORITIES[text(priority) ?? 'normal'] ?? 'info',
      },
    }),
  },
];

/** The alias of that name. */
export function findAlias(name: string): Alias | undefined {
  return ALIASES.find((alias) => alias.name === name);
}
