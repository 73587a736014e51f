import type { RawParameters } from '../http/parameters.ts';
import { runGc, runPruneJob, runSyncJob, runVerifyJob } from '../world/pbs-tasks.ts';
import type { PbsDatastore, PbsJob, PbsSite, PbsSnapshot } from '../world/pbs-site.ts';
import type { LabTask } from '../world/tasks.ts';

/** One call of the PBS API. */
export interface PbsCall {
  readonly site: PbsSite;
  readonly authid: string;
  readonly path: Readonly<Record<string, string>>;
  readonly parameters: RawParameters;
  /** Whether the caller has any of the privileges on the path. */
  has(where: string, ...privs: string[]): boolean;
  require(where: string, ...privs: string[]): void;
  fail(status: number, text: string): Error;
}

export type PbsHandler = (call: PbsCall) => { data: unknown; total?: number };

export interface PbsRoute {
  readonly pattern: RegExp;
  readonly methods: Readonly<Record<string, PbsHandler>>;
}

const text = (call: PbsCall, name: string) => {
  const value = call.parameters[name];
  return typeof value === 'string' ? value : undefined;
};
const int = (call: PbsCall, name: string) => {
  const value = text(call, name);
  if (value === undefined) return undefined;
  if (!/^-?\d+$/.test(value))
    throw call.fail(400, `parameter verification failed - '${name}': invalid digit found in string`);
  return Number(value);
};
const flag = (call: PbsCall, name: string) => ['1', 'true', 'yes', 'on'].includes(text(call, name) ?? '');

const stateOf = (task: LabTask) => {
  if (task.status === undefined) return 'running';
  if (task.status === 'OK') return 'ok';
  if (task.status.startsWith('WARNINGS: ')) return 'warning';
  return task.status === 'unknown' ? 'unknown' : 'error';
};

function tasks(call: PbsCall): { data: unknown; total?: number } {
  const { site } = call;
  const all = call.has('/system/tasks', 'Sys.Audit');
  const type = text(call, 'typefilter');
  const user = text(call, 'userfilter');
  const store = text(call, 'store');
  const since = int(call, 'since');
  const until = int(call, 'until');
  const states = text(call, 'statusfilter')?.split(',');
  const rows = [...site.tasks.ofNode(site.name)]
    .filter(
      (t) =>
        (all || t.user === call.authid) &&
        (type === undefined || t.type.includes(type)) &&
        (user === undefined || t.user.includes(user)) &&
        (store === undefined || t.id === store || t.id.startsWith(`${store}:`)) &&
        (since === undefined || t.startedAt >= since) &&
        (until === undefined || t.startedAt <= until) &&
        (!flag(call, 'running') || t.status === undefined) &&
        (!flag(call, 'errors') || stateOf(t) === 'error' || stateOf(t) === 'unknown') &&
        (states === undefined || states.includes(stateOf(t))),
    )
    .reverse()
    .sort((a, b) => Number(b.status === undefined) - Number(a.status === undefined));
  const start = int(call, 'start') ?? 0;
  const limit = int(call, 'limit') ?? 50;
  const page = limit === 0 ? rows.slice(start) : rows.slice(start, start + limit);
  return {
    total: rows.length,
    data: page.map((t) => ({
      upid: t.upid,
      node: 'localhost',
      pid: t.pid,
      pstart: t.pstart,
      starttime: t.startedAt,
      worker_type: t.type,
      worker_id: t.id === '' ? null : t.id,
      user: t.user,
      ...(t.status === undefined ? {} : { endtime: t.endedAt, status: t.status }),
    })),
  };
}

function findTask(call: PbsCall): LabTask {
  const upid = call.path['upid'] ?? '';
  if (
    !/^UPID:[a-zA-Z0-9-]{1,63}:[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8,16}:[0-9A-Fa-f]{8}:[^:\s]{1,80}:[^:\s]{0,300}:[^:\s]{1,200}:$/.test(
      upid,
    )
  ) {
    throw call.fail(
      400,
      "parameter verification errors\n\nparameter 'upid': value does not match the regex pattern\n",
    );
  }
  const task = call.site.tasks.get(upid);
  if (task !== undefined && task.user !== call.authid) call.require('/system/tasks', 'Sys.Audit');
  if (task === undefined)
    throw call.fail(400, 'unable to open task log - No such file or directory (os error 2)');
  return task;
}

function taskStatus(call: PbsCall): { data: unknown } {
  const t = findTask(call);
  const [user, tokenid] = t.user.split('!');
  return {
    data: {
      upid: t.upid,
      node: t.node,
      pid: t.pid,
      pstart: t.pstart,
      starttime: t.startedAt,
      type: t.type,
      id: t.id === '' ? null : t.id,
      user,
      ...(tokenid === undefined ? {} : { tokenid }),
      ...(t.status === undefined
        ? { status: 'running' }
        : { status: 'stopped', exitstatus: t.status, endtime: t.endedAt }),
    },
  };
}

function taskLog(call: PbsCall): { data: unknown; total: number } {
  const { log } = findTask(call);
  // 0 and 1 both mean the first line.
  const start = Math.max(0, (int(call, 'start') ?? 0) - 1);
  const limit = int(call, 'limit') ?? 50;
  const page = limit === 0 ? log.slice(start) : log.slice(start, start + limit);
  return { total: log.length, data: page.map((t, i) => ({ n: start + i + 1, t })) };
}

const gcStatus = (store: PbsDatastore) => {
  const gc = store.gc;
  const original = store.snapshots.reduce((sum, s) => sum + s.sizeBytes, 0);
  return {
    ...(gc === undefined ? {} : { upid: gc.upid }),
    'index-file-count': gc?.indexFiles ?? 0,
    'index-data-bytes': gc === undefined ? 0 : original,
    'disk-bytes': gc === undefined ? 0 : store.usedBytes,
    'disk-chunks': gc?.diskChunks ?? 0,
    'removed-bytes': gc?.removedBytes ?? 0,
    'removed-chunks': gc?.removedChunks ?? 0,
    'pending-bytes': gc?.pendingBytes ?? 0,
    'pending-chunks': gc?.pendingChunks ?? 0,
    'removed-bad': 0,
    'still-bad': 0,
  };
};

function visibleStores(call: PbsCall): PbsDatastore[] {
  return [...call.site.datastores.values()].filter((s) =>
    call.has(`/datastore/${s.name}`, 'Datastore.Audit', 'Datastore.Backup'),
  );
}

function usage(call: PbsCall): { data: unknown } {
  return {
    data: visibleStores(call).map((s) =>
      s.error !== undefined
        ? { store: s.name, 'mount-status': 'nonremovable', 'backend-type': 'filesystem', error: s.error }
        : {
            store: s.name,
            total: s.totalBytes,
            used: s.usedBytes,
            avail: s.totalBytes - s.usedBytes,
            'mount-status': 'nonremovable',
            'backend-type': 'filesystem',
            history: Array.from(
              { length: 30 },
              (_, i) => (s.usedBytes / s.totalBytes) * (1 - (30 - i) / 300),
            ),
            'history-start': call.site.seconds() - 30 * 86_400,
            'history-delta': 86_400,
            'estimated-full-date': s.estimatedFullAt ?? 0,
            'gc-status': gcStatus(s),
          },
    ),
  };
}

function findStore(call: PbsCall): PbsDatastore {
  const name = call.path['store'] ?? '';
  call.require(`/datastore/${name}`, 'Datastore.Audit', 'Datastore.Backup');
  const store = call.site.datastores.get(name);
  if (store === undefined) throw call.fail(400, `no such datastore '${name}'`);
  return store;
}

function mounted(call: PbsCall): PbsDatastore {
  const store = findStore(call);
  if (store.error !== undefined) throw call.fail(400, store.error);
  return store;
}

const snapshotRow = (s: PbsSnapshot) => ({
  'backup-type': s.type,
  'backup-id': s.id,
  'backup-time': s.time,
  files: [
    {
      filename: s.type === 'vm' ? 'drive-scsi0.img.fidx' : 'root.pxar.didx',
      size: s.sizeBytes,
      'crypt-mode': 'none',
    },
    { filename: 'index.json.blob', size: 512, 'crypt-mode': 'none' },
  ],
  size: s.sizeBytes,
  owner: s.owner,
  protected: s.protected,
  ...(s.comment === undefined ? {} : { comment: s.comment }),
  ...(s.verification === undefined ? {} : { verification: s.verification }),
});

function snapshots(call: PbsCall): { data: unknown } {
  const store = mounted(call);
  const ns = text(call, 'ns') ?? '';
  const type = text(call, 'backup-type');
  const id = text(call, 'backup-id');
  return {
    data: store.snapshots
      .filter(
        (s) => s.ns === ns && (type === undefined || s.type === type) && (id === undefined || s.id === id),
      )
      .map(snapshotRow),
  };
}

function groups(call: PbsCall): { data: unknown } {
  const store = mounted(call);
  const byName = new Map<string, PbsSnapshot[]>();
  for (const s of store.snapshots) {
    if (s.ns !== (text(call, 'ns') ?? '')) continue;
    const key = `${s.type}/${s.id}`;
    byName.set(key, [...(byName.get(key) ?? []), s]);
  }
  return {
    data: [...byName.values()].flatMap((list) => {
      const newest = list.reduce((a, b) => (a.time >= b.time ? a : b));
      return [
        {
          'backup-type': newest.type,
          'backup-id': newest.id,
          'last-backup': newest.time,
          'backup-count': list.length,
          files: ['index.json.blob'],
          owner: newest.owner,
        },
      ];
    }),
  };
}

function jobs(kind: PbsJob['kind']): PbsHandler {
  return (call) => ({
    data: [...call.site.jobs.values()]
      .filter(
        (j) => j.kind === kind && call.has(`/datastore/${j.store}`, 'Datastore.Audit', 'Datastore.Verify'),
      )
      // Seeing a sync job needs a look at its remote, too.
      .filter(
        (j) =>
          j.remote === undefined || call.has(`/remote/${j.remote}/${j.remoteStore ?? ''}`, 'Remote.Audit'),
      )
      .map((j) => ({
        id: j.id,
        store: j.store,
        schedule: j.schedule,
        ...(j.ns === undefined ? {} : { ns: j.ns }),
        ...(j.comment === undefined ? {} : { comment: j.comment }),
        ...(kind === 'verify' ? { 'ignore-verified': true, 'outdated-after': 30 } : {}),
        ...(kind === 'sync'
          ? {
              'remote-store': j.remoteStore,
              ...(j.remote === undefined ? {} : { remote: j.remote }),
              'remove-vanished': false,
            }
          : {}),
        ...(kind === 'prune' ? { ...j.keep, disable: false } : {}),
        'next-run': call.site.seconds() - (call.site.seconds() % 86_400) + 86_400,
        ...(j.lastUpid === undefined
          ? {}
          : {
              'last-run-upid': j.lastUpid,
              'last-run-state': j.lastState,
              'last-run-endtime': j.lastEndedAt,
            }),
      })),
  });
}

function runJob(kind: PbsJob['kind']): PbsHandler {
  return (call) => {
    const job = call.site.jobs.get(call.path['id'] ?? '');
    if (job === undefined || job.kind !== kind)
      throw call.fail(404, `job '${call.path['id'] ?? ''}' does not exist.`);
    call.require(`/datastore/${job.store}`, kind === 'verify' ? 'Datastore.Verify' : 'Datastore.Modify');
    const options = { user: call.authid };
    const run = { verify: runVerifyJob, prune: runPruneJob, sync: runSyncJob }[kind];
    return { data: run(call.site, job, options).upid };
  };
}

const NODE = '/nodes/(?:localhost|[a-zA-Z0-9-]+)';
const STORE = '/admin/datastore/(?<store>[^/]+)';
const get = (path: string, handler: PbsHandler): PbsRoute => ({
  pattern: new RegExp(`^${path}$`),
  methods: { GET: handler },
});

/** What the lab's PBS answers. Everything else is 404, as with the real one. */
export const pbsRoutes: readonly PbsRoute[] = [
  get('/version', (call) => ({
    data: {
      version: call.site.version.split('.').slice(0, 2).join('.'),
      release: call.site.version.split('.')[2] ?? '1',
      repoid: '0d7c9e2b1f4a',
    },
  })),
  get('/ping', () => ({ data: { pong: true } })),
  get('/access/permissions', (call) => ({
    data: Object.fromEntries(
      ['/', '/access', '/datastore', '/remote', '/system', '/system/tasks']
        .map(
          (p) =>
            [
              p,
              Object.fromEntries(
                [...call.site.access.privileges(call.authid, p)].map(([priv, on]) => [priv, on]),
              ),
            ] as const,
        )
        .filter(([, privs]) => Object.keys(privs).length > 0),
    ),
  })),
  get('/nodes', (call) => ({ data: [{ node: call.site.name }] })),
  get(`${NODE}/tasks`, tasks),
  get(`${NODE}/tasks/(?<upid>[^/]+)/status`, taskStatus),
  get(`${NODE}/tasks/(?<upid>[^/]+)/log`, taskLog),
  {
    pattern: new RegExp(`^${NODE}/tasks/(?<upid>[^/]+)$`),
    methods: {
      DELETE: (call) => {
        const task = findTask(call);
        if (task.user !== call.authid) call.require('/system/tasks', 'Sys.Modify');
        call.site.tasks.interrupt(task.upid, 'abort requested - aborting task');
        return { data: null };
      },
    },
  },
  get(`${NODE}/status`, (call) => {
    call.require('/system/status', 'Sys.Audit');
    const up = call.site.seconds() - call.site.bootedAt;
    return {
      data: {
        uptime: up,
        cpu: 0.03,
        wait: 0.001,
        loadavg: [0.21, 0.18, 0.15],
        kversion: 'Linux 6.17.9-1-pve #1 SMP PREEMPT_DYNAMIC PMX 6.17.9-1 (2026-10-12T09:00Z)',
        memory: { total: 33_554_432_000, used: 4_294_967_296, free: 29_259_464_704 },
        swap: { total: 8_589_934_592, used: 0, free: 8_589_934_592 },
        root: { total: 100_931_731_456, used: 6_442_450_944, avail: 94_489_280_512 },
        cpuinfo: { model: 'Intel(R) Xeon(R) E-2234 CPU @ 3.60GHz', sockets: 1, cpus: 8 },
        info: { fingerprint: call.site.fingerprint },
        'boot-info': { mode: 'efi', secureboot: false },
      },
    };
  }),
  get(`${NODE}/services`, (call) => {
    call.require('/system/services', 'Sys.Audit');
    return {
      data: ['proxmox-backup', 'proxmox-backup-proxy', 'chrony', 'postfix', 'ssh'].map((s) => ({
        service: s,
        name: s,
        desc: s,
        state: 'running',
        'unit-state': 'enabled',
      })),
    };
  }),
  get(`${NODE}/certificates/info`, (call) => ({
    data: [
      {
        filename: 'proxy.pem',
        fingerprint: call.site.fingerprint,
        subject: `CN = ${call.site.fqdn}`,
        issuer: `CN = ${call.site.fqdn}`,
        notbefore: call.site.bootedAt,
        notafter: call.site.bootedAt + 730 * 86_400,
        san: [call.site.fqdn, 'localhost', '127.0.0.1'],
        'public-key-type': 'id-ecPublicKey',
        'public-key-bits': 256,
      },
    ],
  })),
  get(`${NODE}/subscription`, () => ({
    data: { status: 'notfound', message: 'There is no subscription key' },
  })),
  get(`${NODE}/apt/update`, (call) => {
    call.require('/', 'Sys.Audit');
    return { data: [] };
  }),
  get(`${NODE}/disks/list`, () => ({ data: [] })),
  get(`${NODE}/disks/zfs`, () => ({
    data: [
      {
        name: 'tank',
        size: 12_000_138_625_024,
        alloc: 4_402_341_478_400,
        free: 7_597_797_146_624,
        frag: 9,
        dedup: 1,
        health: 'ONLINE',
      },
    ],
  })),
  get(`${NODE}/syslog`, (call) => {
    call.require('/system/log', 'Sys.Audit');
    const lines = call.site.journal.map((l, i) => ({
      n: i + 1,
      t: `${new Date(l.at).toISOString()} ${call.site.name} ${l.tag}[${l.pid}]: ${l.text}`,
    }));
    const start = int(call, 'start') ?? 0;
    return { data: lines.slice(start, start + (int(call, 'limit') ?? 50)), total: lines.length };
  }),
  get('/status/datastore-usage', usage),
  get('/admin/datastore', (call) => ({
    data: visibleStores(call).map((s) => ({
      store: s.name,
      'mount-status': 'nonremovable',
      ...(s.comment === undefined ? {} : { comment: s.comment }),
      ...(s.error === undefined ? {} : { maintenance: 'offline' }),
    })),
  })),
  get(`${STORE}/status`, (call) => {
    const s = mounted(call);
    const counts = (type: string) => {
      const own = s.snapshots.filter((x) => x.type === type);
      return { groups: new Set(own.map((x) => x.id)).size, snapshots: own.length };
    };
    return {
      data: {
        total: s.totalBytes,
        used: s.usedBytes,
        avail: s.totalBytes - s.usedBytes,
        'backend-type': 'filesystem',
        ...(flag(call, 'verbose')
          ? { 'gc-status': gcStatus(s), counts: { vm: counts('vm'), ct: counts('ct'), host: counts('host') } }
          : {}),
      },
    };
  }),
  get(`${STORE}/snapshots`, snapshots),
  get(`${STORE}/groups`, groups),
  get(`${STORE}/namespace`, (call) => ({
    data: [...new Set(['', ...findStore(call).snapshots.map((s) => s.ns)])].map((ns) => ({ ns })),
  })),
  {
    pattern: new RegExp(`^${STORE}/gc$`),
    methods: {
      GET: (call) => ({ data: gcStatus(findStore(call)) }),
      POST: (call) => {
        const store = findStore(call);
        call.require(`/datastore/${store.name}`, 'Datastore.Modify');
        return { data: runGc(call.site, store.name, { user: call.authid }).upid };
      },
    },
  },
  get('/admin/verify', jobs('verify')),
  get('/admin/prune', jobs('prune')),
  get('/admin/sync', jobs('sync')),
  get('/admin/gc', (call) => ({
    data: visibleStores(call).map((s) => {
      const task = s.gc === undefined ? undefined : call.site.tasks.get(s.gc.upid);
      return {
        store: s.name,
        ...gcStatus(s),
        ...(s.gcSchedule === undefined
          ? {}
          : {
              schedule: s.gcSchedule,
              'next-run': call.site.seconds() - (call.site.seconds() % 86_400) + 86_400,
            }),
        ...(task?.status === undefined
          ? {}
          : {
              'last-run-state': task.status,
              'last-run-endtime': task.endedAt,
              duration: (task.endedAt ?? 0) - task.startedAt,
            }),
      };
    }),
  })),
  { pattern: /^\/admin\/verify\/(?<id>[^/]+)\/run$/, methods: { POST: runJob('verify') } },
  { pattern: /^\/admin\/prune\/(?<id>[^/]+)\/run$/, methods: { POST: runJob('prune') } },
  { pattern: /^\/admin\/sync\/(?<id>[^/]+)\/run$/, methods: { POST: runJob('sync') } },
  get('/config/notifications/targets', (call) => {
    call.require('/system/notifications', 'Sys.Audit');
    return { data: [{ name: 'mail-to-root', type: 'sendmail', origin: 'builtin' }] };
  }),
  get('/tape/drive', () => ({ data: [] })),
];
