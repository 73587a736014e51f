import { Incident, type IncidentStatus, type Severity } from '@proxmox-mcp/schemas';
import { createIncidentStore } from '../history/incidents.ts';
import { openHistory } from '../history/open-history.ts';

export interface FillOptions {
  readonly count: number;
  /** When the newest changed last, in milliseconds since the epoch. */
  readonly now: number;
}

/** Incidents per transaction. */
const PIECE = 1_000;
/** Between two incidents: 100,000 of them are somewhat more than a year. */
const EVERY_MS = 350_000;
const NODES = 40;
const GUESTS = 2_000;
/** One in so many is not over. */
const OPEN = 400;
/** One in so many lasts for days. */
const LONG = 50;

/** What goes wrong, the commonest first: each is half as frequent as the one before. */
const CONDITIONS = [
  'guest.state.stopped',
  'backup.job.failed',
  'storage.usage.high',
  'guest.migrate.failed',
  'node.service.failed',
  'storage.state.unavailable',
  'replication.job.failed',
  'node.state.offline',
  'disk.smart.failed',
  'ha.service.error',
  'cluster.quorum.lost',
] as const;

/**
 * Fills the history of a data folder with the incidents of a large site over a year, through the store itself; the same ones each time.
 *
 * The oldest has as long a timeline and as many facts as an incident can have.
 *
 * @returns the incidents' ids, oldest first.
 */
export function fillIncidents(dataDir: string, { count, now }: FillOptions): string[] {
  const history = openHistory(dataDir);
  const store = createIncidentStore(history.db);
  const ids: string[] = [];
  try {
    for (let from = 0; from < count; from += PIECE)
      history.transaction(() => {
        for (let index = from; index < Math.min(count, from + PIECE); index++) {
          const incident = incidentOf(index, now - (count - index) * EVERY_MS, index === 0 ? 500 : 6);
          const family = incident.condition.slice(0, incident.condition.lastIndexOf('.'));
          store.put(
            { incident, memo: { family, failed: {}, runs: [], lastFailureAt: 0 } },
            `${incident.key}|`,
          );
          ids.push(incident.id);
        }
      });
  } finally {
    history.close();
  }
  return ids;
}

function incidentOf(index: number, openedAt: number, entries: number): Incident {
  const condition = CONDITIONS[Math.min(Math.clz32(scatter(index)), CONDITIONS.length - 1)] ?? CONDITIONS[0];
  const node = `pve${(scatter(index + 1) % NODES) + 1}`;
  const vmid = condition.startsWith('guest.') ? 100 + (scatter(index + 2) % GUESTS) : undefined;
  const step = index % LONG === 0 ? 1_000 : 1;
  const iso = (n: number) => new Date(openedAt + n * step * 60_000).toISOString();
  const isOver = index % OPEN !== 0;
  const title = `${vmid === undefined ? `Node ${node}` : `Guest ${vmid} on ${node}`}: ${condition}`;
  return Incident.parse({
    id: `inc-${String(index).padStart(8, '0')}`,
    condition,
    // The number keeps those that are not over apart.
    key: `atlas|${node}/${vmid ?? ''}/${index}|${condition}`,
    status: isOver ? 'resolved' : statusOf(index / OPEN),
    severity: severityOf(scatter(index + 3)),
    product: 'pve',
    cluster: 'atlas',
    node,
    ...(vmid === undefined ? {} : { guest: { kind: 'qemu', vmid, name: `app${vmid}` } }),
    title,
    cause: `what was found on ${node} was worse than it may be, and lasted`,
    openedAt: iso(0),
    updatedAt: iso(entries),
    ...(isOver ? { resolvedAt: iso(entries), resolution: 'recovered' } : {}),
    facts: Array.from({ length: Math.min(200, entries) }, (_none, n) => `fact-${index}-${n}`),
    occurrences: entries,
    findings: [],
    timeline: Array.from({ length: entries }, (_none, n) => ({
      at: iso(n),
      what: n === 0 ? 'opened' : 'fact',
      text: `${title}, report ${n + 1} of what was seen there`,
      ref: `fact-${index}-${n}`,
    })),
    revision: entries,
  } satisfies Incident);
}

function statusOf(index: number): IncidentStatus {
  const all = ['open', 'acknowledged', 'flapping', 'stale'] as const;
  return all[index % all.length] ?? 'open';
}

function severityOf(random: number): Severity {
  const part = random % 100;
  if (part < 2) return 'critical';
  if (part < 15) return 'error';
  return part < 70 ? 'warning' : 'notice';
}

/** A number below 2³² for each index, the same each time, without a pattern (Knuth's multiplicative hash, mixed). */
function scatter(index: number): number {
  const mixed = Math.imul(index + 1, 2_654_435_761);
  return Math.imul(mixed ^ (mixed >>> 15), 2_246_822_519) >>> 0;
}
