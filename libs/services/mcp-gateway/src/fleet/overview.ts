import { compareSeverity, type ChannelState, type Incident, type Severity } from '@proxmox-mcp/schemas';
import { activeWindows } from './active-windows.ts';
import { degradedChannels, degradedSources, type Degraded } from './degraded.ts';
import type { Mirror } from './mirror.ts';

/** One cluster, standalone node or PBS, summed up. */
export interface ClusterOverview {
  readonly cluster: string;
  readonly product: 'pve' | 'pbs';
  readonly health: 'ok' | 'degraded' | 'critical';
  readonly nodes: {
    readonly online: number;
    readonly offline: number;
    readonly unknown: number;
    readonly down?: string[];
  };
  readonly guests?: { readonly running: number; readonly stopped: number; readonly unknown: number };
  readonly capacity?: { readonly cpu_percent?: number; readonly mem_percent?: number };
  readonly storages?: { readonly count: number; readonly unavailable: string[]; readonly fullest?: string };
  readonly datastores?: readonly {
    readonly datastore: string;
    readonly status: string;
    readonly used_percent?: number;
  }[];
  readonly versions?: Readonly<Record<string, number>>;
  readonly failed_jobs?: readonly string[];
  readonly observed_at?: string;
}

/** The whole fleet at one glance. */
export interface FleetOverview {
  readonly clusters: readonly ClusterOverview[];
  readonly incidents: {
    readonly unresolved: number;
    readonly by_severity: Partial<Record<Severity, number>>;
  };
  readonly sources: { readonly ok: number; readonly degraded: number; readonly down: number };
  /** Ways out that are on: where notifications go. */
  readonly channels: readonly {
    readonly channel: string;
    readonly status: 'ok' | 'failing';
    readonly reason?: string;
    readonly last_ok?: string;
  }[];
  /** Maintenance windows that are open now; absent when none is. */
  readonly maintenance?: readonly unknown[];
}

/** Parts of the overview a caller may ask for. */
export const OVERVIEW_PARTS = ['health', 'capacity', 'backups', 'incidents', 'versions'] as const;
export type OverviewPart = (typeof OVERVIEW_PARTS)[number];

/** Whether people still have to do with it. */
export function isUnresolved(incident: Incident): boolean {
  return incident.status !== 'resolved';
}

/** The ways out that are on, by name. */
export function enabledChannels(mirror: Mirror): ChannelState[] {
  return mirror
    .rows('channels')
    .filter((channel) => channel.enabled)
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** What of the fleet is summed up. */
export interface OverviewOptions {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly parts?: ReadonlySet<OverviewPart>;
  /** Only this one. */
  readonly cluster?: string | undefined;
}

/** Sums up the live picture. */
export function fleetOverview(
  mirror: Mirror,
  { now, parts = new Set(OVERVIEW_PARTS), cluster }: OverviewOptions,
): { data: FleetOverview; degraded: Degraded[] } {
  const inScope = (row: { cluster: string }) => cluster === undefined || row.cluster === cluster;
  const names = new Map<string, 'pve' | 'pbs'>();
  for (const table of ['nodes', 'datastores'] as const) {
    for (const row of mirror.rows(table)) if (inScope(row)) names.set(row.cluster, row.product);
  }
  const incidents = mirror
    .rows('incidents')
    .filter((incident) => isUnresolved(incident) && (cluster === undefined || incident.cluster === cluster));
  const bySeverity: Partial<Record<Severity, number>> = {};
  for (const { severity } of incidents) bySeverity[severity] = (bySeverity[severity] ?? 0) + 1;
  const sources = mirror
    .rows('sources')
    .filter((source) => cluster === undefined || source.cluster === cluster);
  const channels = enabledChannels(mirror);
  const maintenance = activeWindows(mirror, now, cluster);
  const count = (status: string) => sources.filter((source) => source.status === status).length;
  return {
    data: {
      clusters: [...names]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([name, product]) => clusterOverview(mirror, { name, product }, parts)),
      incidents: { unresolved: incidents.length, by_severity: bySeverity },
      sources: { ok: count('ok') + count('starting'), degraded: count('degraded'), down: count('down') },
      channels: channels.map(({ name, status: state, lastFailureReason, lastOkAt }) => ({
        channel: name,
        status: state,
        ...(state === 'ok' || lastFailureReason === undefined ? {} : { reason: lastFailureReason }),
        ...(lastOkAt === undefined ? {} : { last_ok: lastOkAt }),
      })),
      ...(maintenance.length === 0 ? {} : { maintenance }),
    },
    degraded: [...degradedSources(sources), ...degradedChannels(channels)],
  };
}

function clusterOverview(
  mirror: Mirror,
  { name, product }: { name: string; product: 'pve' | 'pbs' },
  parts: ReadonlySet<OverviewPart>,
): ClusterOverview {
  const of = <R extends { cluster: string }>(rows: readonly R[]) =>
    rows.filter((row) => row.cluster === name);
  const nodes = of(mirror.rows('nodes'));
  const guests = of(mirror.rows('guests')).filter((guest) => !guest.template);
  const storages = of(mirror.rows('storages'));
  const datastores = of(mirror.rows('datastores'));
  const worst = of(mirror.rows('incidents').filter(isUnresolved).filter(hasCluster))
    .map((incident) => incident.severity)
    .sort(compareSeverity)
    .at(-1);
  const status = (word: string) => nodes.filter((node) => node.status === word).length;
  const guestStatus = (word: string) => guests.filter((guest) => guest.status === word).length;
  const unavailable = [...new Set(storages.filter((s) => s.status === 'unavailable').map((s) => s.storage))];
  const down = nodes.filter((node) => node.status !== 'online').map((node) => node.node);
  const isCritical = worst === 'critical' || status('offline') > 0;
  const isDegraded =
    worst === 'error' ||
    worst === 'warning' ||
    down.length > 0 ||
    unavailable.length > 0 ||
    datastores.some((d) => d.status === 'unavailable');
  const observed = nodes
    .map((node) => node.observedAt)
    .sort()
    .at(-1);
  return {
    cluster: name,
    product,
    health: isCritical ? 'critical' : isDegraded ? 'degraded' : 'ok',
    nodes: {
      online: status('online'),
      offline: status('offline'),
      unknown: status('unknown'),
      ...(down.length > 0 ? { down: down.slice(0, 20) } : {}),
    },
    ...(product === 'pve'
      ? {
          guests: {
            running: guestStatus('running'),
            stopped: guestStatus('stopped'),
            unknown: guestStatus('unknown'),
          },
        }
      : {}),
    ...(parts.has('capacity') ? { capacity: capacity(nodes) } : {}),
    ...(storages.length > 0 && parts.has('capacity')
      ? {
          storages: {
            count: new Set(storages.map((s) => s.storage)).size,
            unavailable,
            ...fullest(storages),
          },
        }
      : unavailable.length > 0
        ? { storages: { count: storages.length, unavailable } }
        : {}),
    ...(datastores.length > 0
      ? {
          datastores: datastores.slice(0, 50).map((row) => ({
            datastore: row.datastore,
            status: row.status,
            ...percentOf('used_percent', row.used, row.total),
          })),
        }
      : {}),
    ...(parts.has('versions') ? { versions: countBy(nodes.map((node) => node.version ?? 'unknown')) } : {}),
    ...(parts.has('backups') ? failedJobs(of(mirror.rows('jobs'))) : {}),
    ...(observed === undefined ? {} : { observed_at: observed }),
  };
}

function hasCluster(incident: Incident): incident is Incident & { cluster: string } {
  return incident.cluster !== undefined;
}

type Load = {
  cpu?: number | undefined;
  maxcpu?: number | undefined;
  mem?: number | undefined;
  maxmem?: number | undefined;
};

function capacity(nodes: readonly Load[]): { cpu_percent?: number; mem_percent?: number } {
  const sum = (of: (node: Load) => number) => nodes.reduce((total, node) => total + of(node), 0);
  return {
    ...percentOf(
      'cpu_percent',
      sum((node) => (node.cpu ?? 0) * (node.maxcpu ?? 0)),
      sum((node) => node.maxcpu ?? 0),
    ),
    ...percentOf(
      'mem_percent',
      sum((node) => node.mem ?? 0),
      sum((node) => node.maxmem ?? 0),
    ),
  };
}

function fullest(
  storages: readonly { storage: string; used?: number | undefined; total?: number | undefined }[],
) {
  const [top] = storages
    .filter((row) => (row.total ?? 0) > 0)
    .map((row) => ({ storage: row.storage, ratio: (row.used ?? 0) / (row.total ?? 1) }))
    .sort((a, b) => b.ratio - a.ratio);
  return top === undefined ? {} : { fullest: `${top.storage} ${Math.round(top.ratio * 100)}%` };
}

function failedJobs(
  jobs: readonly {
    jobType: string;
    jobId: string;
    error?: string | undefined;
    failCount?: number | undefined;
  }[],
) {
  const failed = jobs.filter((job) => job.error !== undefined || (job.failCount ?? 0) > 0);
  return failed.length === 0
    ? {}
    : { failed_jobs: failed.slice(0, 20).map((job) => `${job.jobType}/${job.jobId}`) };
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** `{[key]: 0–100}` with whole percents, or nothing where the total is not known. */
export function percentOf<K extends string>(
  key: K,
  used: number | undefined,
  total: number | undefined,
): { [P in K]?: number } {
  if (used === undefined || total === undefined || total <= 0) return {};
  // A computed key of a generic type widens to string; the one key is K.
  return { [key]: Math.round((used / total) * 100) } as { [P in K]?: number };
}
