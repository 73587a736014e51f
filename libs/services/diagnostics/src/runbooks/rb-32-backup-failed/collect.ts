import type { NodeStorage, Resource } from '@proxmox-mcp/proxmox-client';
import { normalizeTaskLog } from '@proxmox-mcp/proxmox-events';
import type { EventDraft, Fact, Incident } from '@proxmox-mcp/schemas';
import type { LabAccess } from '../../lab/lab-access.ts';
import type { LabReader } from '../../lab/lab-reader.ts';
import { createGatherer, type Gatherer } from '../gather.ts';
import type { Collected } from '../runbook.ts';
import type { BackupFailedEvidence, FailedGuest } from './evidence.ts';

/** Facts asked for, newest first; one run is one fact, or two while its notification stands alone. */
const MAX_FACTS = 10;

/** A task of the list counts as the incident's when it ended this near to the incident's last change, in milliseconds. */
const NEAR_MS = 10 * 60_000;

/** Error lines kept of a log. */
const MAX_ERROR_LINES = 20;

/** Finds the run, reads its log, and asks for storage and guests meanwhile. */
export async function collect(
  incident: Incident,
  access: LabAccess,
  signal: AbortSignal,
): Promise<Collected<BackupFailedEvidence>> {
  const gatherer = createGatherer(signal);
  const { read, lack, missing } = gatherer;
  const node = incident.node ?? '';
  const reader = await access.readerFor(incident);
  if (reader === undefined) lack('Proxmox API: no configured host is known to have this node');
  const [{ facts, log }, storages, resources] = await Promise.all([
    runOf(incident, node, { access, reader, signal, gatherer }),
    reader && read(`storages of ${node}`, () => reader.storages(node, signal)),
    reader && read('cluster resources', () => reader.resources(signal)),
  ]);
  const [latest] = facts;
  const details = { ...latest?.facts, ...log?.draft?.facts };
  const error = text(latest?.facts['error']) ?? text(details['error']) ?? latest?.status;
  const storage =
    log?.draft?.storage ??
    text(details['storage']) ??
    latest?.storage ??
    incident.storage ??
    storageIn(error);
  const upid = log?.upid ?? latest?.upid;
  const jobId = text(details['job_id']);
  const rows = mergedRows(facts, log?.draft);
  const target = storages?.find((row) => row.storage === storage);
  if (storages && storage !== undefined && target === undefined)
    lack(`storage ${storage}: not shown to us on ${node}; needs Datastore.Audit on /storage/${storage}`);
  return {
    evidence: {
      node,
      ...(upid === undefined ? {} : { upid }),
      ...(jobId === undefined ? {} : { jobId }),
      ...(storage === undefined ? {} : { storage }),
      ...(error === undefined ? {} : { error }),
      failed: rows.filter((row) => row.status === 'err').map((row) => failedGuest(row, resources ?? [])),
      okCount: rows.filter((row) => row.status === 'ok').length,
      errorLines: log?.errorLines ?? [],
      ...(target === undefined ? {} : { target: targetOf(target) }),
    },
    missing,
  };
}

interface Run {
  /** Newest first. */
  readonly facts: readonly Fact[];
  readonly log?: {
    readonly upid: string;
    readonly draft: EventDraft | undefined;
    readonly errorLines: readonly string[];
  };
}

async function runOf(
  incident: Incident,
  node: string,
  {
    access,
    reader,
    signal,
    gatherer,
  }: { access: LabAccess; reader: LabReader | undefined; signal: AbortSignal; gatherer: Gatherer },
): Promise<Run> {
  const ids = incident.facts.slice(-MAX_FACTS);
  const known = (await gatherer.read('stored reports', () => access.facts(ids))) ?? [];
  const facts = known.filter((fact) => fact.mergedInto === undefined).sort((a, b) => endOf(b) - endOf(a));
  if (reader === undefined) return { facts: lastRun(facts) };
  const upid =
    facts.find((fact) => fact.upid !== undefined)?.upid ??
    (await newestFailure(incident, node, reader, { signal, gatherer }));
  if (upid === undefined) return { facts: lastRun(facts) };
  const lines = await gatherer.read('task log', () => reader.taskLog(upid, signal));
  if (lines === undefined) return { facts: lastRun(facts) };
  return {
    facts: lastRun(facts),
    log: { upid, draft: readLog(upid, lines), errorLines: errorLinesOf(lines) },
  };
}

/** A notification may be all that was reported: the newest failed backup of the node near it is the one it tells of. */
async function newestFailure(
  incident: Incident,
  node: string,
  reader: LabReader,
  { signal, gatherer }: { signal: AbortSignal; gatherer: Gatherer },
): Promise<string | undefined> {
  const tasks = await gatherer.read(`tasks of ${node}`, () => reader.failedBackups(node, signal));
  const changed = Date.parse(incident.updatedAt);
  return tasks?.find(
    (task) => task.endtime !== undefined && Math.abs(task.endtime * 1000 - changed) < NEAR_MS,
  )?.upid;
}

/** Reports of the last run only: what failed a night before may have been mended since. */
function lastRun(facts: readonly Fact[]): readonly Fact[] {
  const [latest] = facts;
  return latest === undefined ? [] : facts.filter((fact) => endOf(latest) - endOf(fact) < 6 * 3_600_000);
}

const endOf = (fact: Fact) => Date.parse(fact.endedAt ?? fact.startedAt);

function readLog(upid: string, lines: readonly string[]): EventDraft | undefined {
  const context = { product: 'pve', upid, task_running: false };
  const result = normalizeTaskLog(Buffer.from(lines.join('\n')), { context, receivedAt: 0 });
  return 'events' in result ? result.events[0] : undefined;
}

function errorLinesOf(lines: readonly string[]): string[] {
  return lines
    .filter((line) => /^(ERROR|WARN|TASK ERROR):/.test(line))
    .slice(-MAX_ERROR_LINES)
    .map((line) => line.slice(0, 500));
}

interface Row {
  readonly vmid: number;
  readonly name?: string | undefined;
  readonly status?: string | undefined;
  readonly error?: string | undefined;
}

function mergedRows(facts: readonly Fact[], draft: EventDraft | undefined): Row[] {
  const rows = new Map<number, Row>();
  const lists = [...facts.map((fact) => fact.facts['guests']).reverse(), draft?.facts['guests']];
  for (const list of lists)
    for (const row of rowsOf(list)) {
      const before = rows.get(row.vmid);
      rows.set(row.vmid, {
        vmid: row.vmid,
        name: row.name ?? before?.name,
        status: row.status ?? before?.status,
        error: row.error ?? before?.error,
      });
    }
  // While no list is there, the guests' own reports are what is known.
  for (const { guest, facts: details } of facts.filter((fact) => fact.type === 'backup.guest.failed'))
    if (guest && !rows.has(guest.vmid))
      rows.set(guest.vmid, {
        vmid: guest.vmid,
        name: guest.name,
        status: 'err',
        error: text(details['error']),
      });
  return [...rows.values()].sort((a, b) => a.vmid - b.vmid);
}

function rowsOf(value: unknown): Row[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: Record<string, unknown> | null) => {
    const vmid = item?.['vmid'];
    if (typeof vmid !== 'number') return [];
    return [
      { vmid, name: text(item?.['name']), status: text(item?.['status']), error: text(item?.['error']) },
    ];
  });
}

function failedGuest(row: Row, resources: readonly Resource[]): FailedGuest {
  const now = resources.find(
    (item) => (item.type === 'qemu' || item.type === 'lxc') && item.vmid === row.vmid,
  );
  const guest = now?.type === 'qemu' || now?.type === 'lxc' ? now : undefined;
  const name = row.name ?? guest?.name;
  return {
    vmid: row.vmid,
    ...(name === undefined ? {} : { name }),
    ...(row.error === undefined ? {} : { error: row.error }),
    ...(guest === undefined ? {} : { status: guest.status, node: guest.node }),
    ...(guest?.lock === undefined ? {} : { lock: guest.lock }),
  };
}

function targetOf({
  active,
  enabled,
  type,
  used,
  total,
}: NodeStorage): NonNullable<BackupFailedEvidence['target']> {
  return {
    active,
    enabled,
    ...(type === undefined ? {} : { type }),
    ...(used === undefined ? {} : { usedBytes: used }),
    ...(total === undefined ? {} : { totalBytes: total }),
  };
}

/** A job that failed before it began names its storage only in the error. */
function storageIn(error: string | undefined): string | undefined {
  return /\bstorage '([^'\s]{1,100})'/.exec(error ?? '')?.[1];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
