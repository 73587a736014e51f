import type { Bus } from '@proxmox-mcp/bus';
import {
  globFits,
  type ChannelState,
  requests,
  stateKeys,
  subjects,
  type Event,
  type EventsQuery,
  type Fact,
  type FactsQuery,
  type GuestState,
  Incident,
  type IncidentCommandAnswer,
  type IncidentsQuery,
  type NodeState,
  type SourceState,
} from '@proxmox-mcp/schemas';

const AT = '2026-11-20T10:00:00.000Z';
const seen = { source: 'lab', product: 'pve', cluster: 'prod', observedAt: AT, since: AT } as const;

export function node(name: string, more: Partial<NodeState> = {}): NodeState {
  return {
    kind: 'node',
    node: name,
    status: 'online',
    cpu: 0.25,
    maxcpu: 8,
    mem: 4e9,
    maxmem: 16e9,
    uptime: 3600,
    ...seen,
    ...more,
  };
}

export function guest(vmid: number, name: string, more: Partial<GuestState> = {}): GuestState {
  return {
    kind: 'guest',
    guestKind: 'qemu',
    vmid,
    node: 'pve1',
    name,
    status: 'running',
    template: false,
    cpu: 0.5,
    maxcpu: 2,
    mem: 1e9,
    maxmem: 2e9,
    ...seen,
    ...more,
  };
}

export function source(name: string, more: Partial<SourceState> = {}): SourceState {
  return {
    name,
    service: 'ingest-websocket',
    product: 'pve',
    cluster: 'prod',
    status: 'ok',
    degraded: [],
    at: AT,
    ...more,
  };
}

/** Tells, as the notifier does, which channels are on. */
export async function seedChannels(
  bus: Bus,
  ...channels: (Partial<ChannelState> & { name: string })[]
): Promise<void> {
  const state = await bus.kv('STATE');
  for (const channel of channels) {
    const row: ChannelState = { enabled: true, status: 'ok', at: AT, ...channel };
    await state.put(stateKeys.channel(channel.name), JSON.stringify(row));
  }
}

export function event(id: string, more: Partial<Event> = {}): Event {
  return {
    id,
    type: 'guest.state.stopped',
    severity: 'notice',
    product: 'pve',
    channel: 'api',
    source: 'lab',
    cluster: 'prod',
    node: 'pve1',
    guest: { kind: 'qemu', vmid: 105, name: 'web' },
    occurredAt: AT,
    receivedAt: AT,
    title: 'VM 105 stopped',
    facts: { from: 'running', to: 'stopped' },
    ...more,
  };
}

export function fact(upid: string, more: Partial<Fact> = {}): Fact {
  return {
    id: upid,
    type: 'backup.job.failed',
    severity: 'error',
    product: 'pve',
    cluster: 'prod',
    node: 'pve1',
    upid,
    status: 'job errors',
    startedAt: AT,
    endedAt: '2026-11-20T10:05:00.000Z',
    title: 'Backup job failed',
    facts: { task_type: 'vzdump', user: 'root@pam', error: 'no space left on device' },
    members: ['e1'],
    links: [],
    revision: 1,
    ...more,
  };
}

export function incident(id: string, more: Partial<Incident> = {}): Incident {
  return {
    id,
    condition: 'backup.job.failed',
    key: `prod|105|backup.job.failed`,
    status: 'open',
    severity: 'error',
    product: 'pve',
    cluster: 'prod',
    node: 'pve1',
    guest: { kind: 'qemu', vmid: 105, name: 'web' },
    title: 'Backup of VM 105 failed',
    cause: 'VM 105: no space left on device on storage tank',
    openedAt: AT,
    updatedAt: AT,
    facts: [],
    occurrences: 1,
    findings: [],
    timeline: [{ at: AT, what: 'opened', text: 'opened' }],
    revision: 1,
    ...more,
  };
}

/** Puts a small fleet into the key-values: two nodes, guests of the same name and number in two clusters, a store. */
export async function seedFleet(bus: Bus): Promise<void> {
  const state = await bus.kv('STATE');
  const put = (key: string, value: unknown) => state.put(key, JSON.stringify(value));
  await put(stateKeys.node('prod', 'pve1'), node('pve1'));
  await put(stateKeys.node('prod', 'pve2'), node('pve2', { status: 'offline' }));
  await put(stateKeys.node('edge', 'pve1'), node('pve1', { cluster: 'edge', source: 'edge' }));
  await put(stateKeys.guest('prod', 105), guest(105, 'web'));
  await put(
    stateKeys.guest('prod', 106),
    guest(106, 'db', { status: 'stopped', mem: 0, tags: ['critical'] }),
  );
  await put(
    stateKeys.guest('edge', 105),
    guest(105, 'dns', { cluster: 'edge', source: 'edge', guestKind: 'lxc' }),
  );
  await put(stateKeys.datastore('pbs1', 'tank'), {
    kind: 'datastore',
    node: 'pbs1',
    datastore: 'tank',
    status: 'available',
    used: 95,
    total: 100,
    ...seen,
    product: 'pbs',
    cluster: 'pbs1',
    source: 'pbs1',
  });
  await put(
    stateKeys.source('lab'),
    source('lab', {
      status: 'degraded',
      degraded: [
        {
          reason: 'privilege',
          detail: 'Sys.Audit on /nodes/pve2',
          fix: "pveum acl modify / --tokens 'root@pam!x' --roles PVEAuditor",
          since: AT,
        },
      ],
    }),
  );
  await (await bus.kv('INCIDENTS')).put('inc-1', JSON.stringify(incident('inc-1')));
}

/** The far end of the history: answers the requests that the service `state` answers, from arrays. */
export interface History {
  readonly events: (Event & { seq: number })[];
  readonly facts: Fact[];
  readonly asked: {
    readonly events: EventsQuery[];
    readonly facts: FactsQuery[];
    readonly incidents: IncidentsQuery[];
    readonly commands: unknown[];
  };
}

/** A history that nobody can ask. */
export function noHistory(): History {
  return { events: [], facts: [], asked: { events: [], facts: [], incidents: [], commands: [] } };
}

export async function answerHistory(bus: Bus): Promise<History> {
  const history = noHistory();
  await bus.answer(requests.events, 'state', (query) => {
    history.asked.events.push(query);
    const from = Number(query.cursor ?? 0);
    const items = history.events.slice(from, from + query.limit);
    const end = from + items.length;
    return { items, ...(end < history.events.length ? { nextCursor: String(end) } : {}) };
  });
  await bus.answer(requests.facts, 'state', (query) => {
    history.asked.facts.push(query);
    return {
      items: history.facts.filter(
        (row) =>
          (query.upid === undefined || row.upid === query.upid) &&
          (query.id === undefined || row.id === query.id),
      ),
    };
  });
  await bus.answer(requests.incidents, 'state', async (query) => {
    history.asked.incidents.push(query);
    const rows = (await (await bus.kv('INCIDENTS')).list()).map((entry) =>
      Incident.parse(JSON.parse(entry.value)),
    );
    return {
      items: rows.filter(
        (row) =>
          (query.statuses?.includes(row.status) ?? true) &&
          (query.conditions?.some((glob) => globFits(glob, row.condition)) ?? true) &&
          (query.id === undefined || row.id === query.id),
      ),
    };
  });
  await bus.answer(requests.incidentCommand, 'state', (command): IncidentCommandAnswer => {
    history.asked.commands.push(command);
    return command.id === 'inc-1'
      ? { ok: true, incident: incident('inc-1', { status: 'acknowledged', acknowledgedBy: command.by }) }
      : { ok: false, code: 'not_found', message: 'no such incident' };
  });
  return history;
}

/** Publishes an event as an ingestor does. @returns its sequence. */
export async function publishEvent(bus: Bus, one: Event): Promise<number> {
  return (await bus.publish(subjects.event(one.channel, one.type), one, { id: one.id })).seq;
}
