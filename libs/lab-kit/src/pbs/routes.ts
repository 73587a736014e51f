import { runGc } from '../world/pbs-gc.ts';
import { type PbsHandler, type PbsRoute, flag, int } from './call.ts';
import { findStore, gcStatus, groups, mounted, snapshots, usage, visibleStores } from './datastore-routes.ts';
import { findTask, taskLog, taskStatus, tasks } from './task-routes.ts';
import { jobs, runJob } from './job-routes.ts';
import { certificates, disks, services, subscription, updates, zpool, zpools } from './machine-routes.ts';
import { notificationRoutes } from './notification-routes.ts';

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
      [
        '/',
        '/access',
        '/datastore',
        '/remote',
        '/system',
        '/system/certificates',
        '/system/notifications',
        '/system/tasks',
      ]
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
  get(`${NODE}/services`, services),
  get(`${NODE}/certificates/info`, certificates),
  get(`${NODE}/subscription`, subscription),
  get(`${NODE}/apt/update`, updates),
  get(`${NODE}/disks/list`, disks),
  get(`${NODE}/disks/zfs`, zpools),
  get(`${NODE}/disks/zfs/(?<name>[^/]+)`, zpool),
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
  ...notificationRoutes,
  get('/tape/drive', () => ({ data: [] })),
];
