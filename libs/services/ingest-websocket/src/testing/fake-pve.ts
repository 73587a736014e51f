import {
  ProxmoxError,
  type GuestResource,
  type ProxmoxErrorKind,
  type Resource,
  type Task,
} from '@proxmox-mcp/proxmox-client';
import type { PvePort } from '../pve/pve-port.ts';

/** A pretend cluster at the far end of the port: what it is asked is counted, what it answers is up to the test. */
export interface FakePve extends PvePort {
  readonly requests: { readonly what: string; readonly node?: string; readonly at: number }[];
  readonly nodes: Map<string, 'online' | 'offline'>;
  readonly guests: Map<number, GuestResource>;
  readonly logs: Map<string, string[]>;
  quorate: boolean;
  /** Missing capabilities of the access check. */
  missing: { detail: string; command: string }[];
  /** Calls fail so, by the name of the call; `*` is every call. */
  readonly failures: Map<string, ProxmoxErrorKind>;
  begin(type: string, id: string, node?: string): string;
  end(upid: string, status?: string): void;
  /** What slow endpoints answer, by `<call>` or `<call> <node>`; a call without an entry has nothing to tell. */
  readonly answers: Map<string, unknown>;
  /** Calls that never answer, by `<call>` or `<call> <node>`. */
  readonly hanging: Set<string>;
  /** Capabilities that are granted besides what nobody checks. */
  granted: string[];
  /** Forgets a task altogether. */
  forget(upid: string): void;
  guest(vmid: number, node: string, more?: Partial<GuestResource>): void;
}

const LISTED = 25;

export function createFakePve(
  now: () => number,
  nodeNames: readonly string[] = ['pve1', 'pve2', 'pve3'],
): FakePve {
  const tasks = new Map<string, Task>();
  const requests: FakePve['requests'] = [];
  const failures = new Map<string, ProxmoxErrorKind>();
  const nodes = new Map<string, 'online' | 'offline'>(nodeNames.map((name) => [name, 'online']));
  const guests = new Map<number, GuestResource>();
  const logs = new Map<string, string[]>();
  const answers = new Map<string, unknown>();
  const hanging = new Set<string>();
  let counter = 0;
  let boot = 0;

  const fail = (what: string, kind: ProxmoxErrorKind, path: string) =>
    new ProxmoxError({ kind, host: 'atlas', method: 'GET', path, detail: `fake ${what}`, retryable: true });
  const asked = (what: string, node?: string) => {
    requests.push({ what, at: now(), ...(node !== undefined && { node }) });
    const kind = failures.get(what) ?? failures.get('*');
    if (kind !== undefined) throw fail(what, kind, `/${what}`);
    if (node !== undefined && nodes.get(node) === 'offline')
      throw fail(what, 'peer-unreachable', `/nodes/${node}`);
  };
  const nodeOf = (upid: string) => upid.split(':')[1] ?? '';
  const endedOf = (node: string) =>
    [...tasks.values()]
      .filter((t) => t.node === node && !t.isRunning)
      .toSorted((a, b) => (b.endtime ?? 0) - (a.endtime ?? 0));
  const known = (upid: string): Task => {
    const task = tasks.get(upid);
    if (!task) throw fail('status', 'no-such-task', '/tasks');
    return task;
  };

  const slow = async (what: string, signal: AbortSignal, node?: string): Promise<unknown> => {
    asked(what, node);
    const keys = [what, `${what} ${node}`];
    if (keys.some((key) => hanging.has(key)))
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
      );
    const failing = keys.map((key) => failures.get(key)).find((kind) => kind !== undefined);
    if (failing !== undefined) throw fail(what, failing, `/${what}`);
    return keys.map((key) => answers.get(key)).findLast((answer) => answer !== undefined);
  };
  const rows = async (what: string, signal: AbortSignal, node?: string) =>
    ((await slow(what, signal, node)) ?? []) as readonly never[]; // what a test put there

  const fake: FakePve = {
    answers,
    hanging,
    granted: [],
    requests,
    nodes,
    guests,
    logs,
    failures,
    quorate: true,
    missing: [],
    begin(type, id, node = 'pve1') {
      const starttime = Math.floor(now() / 1000);
      const hex = (n: number) => n.toString(16).toUpperCase().padStart(8, '0');
      const upid = `UPID:${node}:${hex(4096 + counter++)}:0A650000:${hex(starttime)}:${type}:${id}:root@pam:`;
      tasks.set(upid, { upid, node, type, id, user: 'root@pam', starttime, isRunning: true });
      return upid;
    },
    end(upid, status = 'OK') {
      tasks.set(upid, {
        ...known(upid),
        isRunning: false,
        exitStatus: status,
        endtime: Math.floor(now() / 1000),
      });
    },
    forget: (upid) => void tasks.delete(upid),
    guest(vmid, node, more = {}) {
      guests.set(vmid, {
        type: 'qemu',
        vmid,
        node,
        name: `vm${vmid}`,
        status: 'running',
        template: false,
        tags: [],
        cpu: 0.1,
        mem: 1024,
        ...more,
      });
    },
    async access() {
      asked('access');
      const missing = fake.missing.map(({ detail, command }) => ({
        name: 'watch-nodes',
        purpose: detail,
        path: '/',
        privileges: ['Sys.Audit'],
        missing: ['Sys.Audit'],
        isGranted: false,
        isRequired: true,
        command,
      }));
      return {
        version: '9.2.11',
        authId: 'mcp@pve!mcp',
        permissions: {},
        capabilities: [
          ...missing,
          ...fake.granted.map((name) => ({
            name,
            purpose: name,
            path: '/',
            privileges: [],
            missing: [],
            isGranted: true,
            isRequired: false,
            command: '',
          })),
        ],
        missing,
        endpoints: [],
      };
    },
    async list() {
      asked('tasks');
      const online = [...nodes].filter(([, state]) => state === 'online').map(([node]) => node);
      return online.flatMap((node) => [
        ...[...tasks.values()].filter((t) => t.node === node && t.isRunning),
        ...endedOf(node).slice(0, LISTED),
      ]);
    },
    async status(upid) {
      asked('status', nodeOf(upid));
      // PVE's status says how, not when.
      const { endtime: _endtime, ...task } = known(upid);
      return task;
    },
    async log(upid, from, limit) {
      asked('log', nodeOf(upid));
      const lines = logs.get(upid) ?? [];
      const page = lines.slice(from, from + limit).map((text, i) => ({ n: from + i + 1, text }));
      return { lines: page, total: lines.length, next: from + page.length };
    },
    async archive(node, start, limit) {
      asked('archive', node);
      return endedOf(node).slice(start, start + limit);
    },
    async resources() {
      asked('resources');
      boot += 10;
      const rows: Resource[] = [...nodes].map(([node, status]) => ({
        type: 'node',
        node,
        status,
        ...(status === 'online' && { uptime: 1_000 + boot, cpu: 0.1 }),
      }));
      return [...rows, ...guests.values()];
    },
    async clusterStatus() {
      asked('cluster-status');
      return [
        { type: 'cluster', name: 'atlas', nodes: nodes.size, quorate: fake.quorate },
        ...[...nodes].map(([name, state], i) => ({
          type: 'node' as const,
          name,
          nodeid: i + 1,
          ip: `192.0.2.${i + 11}`,
          online: state === 'online',
          local: i === 0,
        })),
      ];
    },
    async haStatus() {
      asked('ha-status');
      return (answers.get('ha-status') ?? []) as readonly never[]; // what a test put there
    },
    samples: (node, signal) => rows('samples', signal, node),
    async version(node) {
      asked('version', node);
      return '9.2.11';
    },
    disks: (node, signal) => rows('disks', signal, node),
    zfs: (node, signal) => rows('zfs', signal, node),
    zfsPool: (node, pool, signal) => slow(`zfs ${pool}`, signal, node),
    certificates: (node, signal) => rows('certificates', signal, node),
    services: (node, signal) => rows('services', signal, node),
    updates: (node, signal) => rows('updates', signal, node),
    subscription: (node, signal) => slow('subscription', signal, node),
    ceph: (signal) => slow('ceph', signal),
    notBackedUp: (signal) => rows('not-backed-up', signal),
    async backupJobs() {
      asked('backup-jobs');
      return [{ id: 'nightly', enabled: true, storage: 'nas', all: true, nextRun: 1 }];
    },
    async replication(node) {
      asked('replication', node);
      return [];
    },
    async get(path) {
      asked('config');
      return path === '/storage'
        ? [{ storage: 'nas', type: 'nfs', server: '192.0.2.50' }]
        : { timezone: 'Europe/Vienna' };
    },
    async close() {},
  };
  return fake;
}
