import fc from 'fast-check';
import { type KeyValue, RetryLater } from '@proxmox-mcp/bus';
import { openTestBus } from '@proxmox-mcp/bus/testing';
import { type Incident, type IncidentTransition, type Notification, subjects } from '@proxmox-mcp/schemas';
import { createLog } from '@proxmox-mcp/service-kit';
import { createAgenda } from '../agenda.ts';
import { createCounts } from '../counts.ts';
import { NotifyFile } from '../policy/notify-file.ts';
import { createReceipts } from '../receipts.ts';
import { dedupOpening, notificationId } from '../stages/dedup.ts';
import { receiptOf } from '../stages/record.ts';
import { renderIncident } from '../stages/render.ts';
import { routeIncident } from '../stages/route.ts';
import { sampleIncident } from '../testing/samples.ts';
import { createAgendaLine } from './agenda-line.ts';
import { createRouteLine } from './route-line.ts';
import { createTeller } from './tell.ts';

const MINUTE = 60_000;
const CHANNELS = ['webhook', 'gotify'];
const FILES: readonly unknown[] = [
  {},
  { quiet_hours: [{ from: '22:00', to: '07:00' }] },
  {
    routes: [
      { name: 'bad', match: { minSeverity: 'critical' }, channels: ['gotify'], continue: true },
      { name: 'mild', match: { maxSeverity: 'notice' }, channels: [] },
      { name: 'rest', channels: ['webhook'], digest: 120 },
    ],
  },
  {
    routes: [
      { name: 'bad', match: { minSeverity: 'error' }, ladder: [{ after: '1h', channels: ['gotify'] }] },
      { name: 'rest', channels: [] },
    ],
  },
  {
    routes: [
      { name: 'all', channels: ['webhook'], ladder: [{ after: '10m', channels: ['gotify', 'webhook'] }] },
    ],
    throttle: { per_incident: { count: 2, per: '1h' } },
    quiet_hours: [{ from: '12:00', to: '13:00', max_severity: 'warning' }],
  },
];

type Act =
  | { readonly what: 'open'; readonly severity: Incident['severity']; readonly status: 'open' | 'suppressed' }
  | { readonly what: 'severity'; readonly severity: Incident['severity'] }
  | {
      readonly what:
        'suppress' | 'release' | 'acknowledge' | 'snooze' | 'fact' | 'resolve' | 'reopen' | 'again';
    }
  | { readonly what: 'wait'; readonly minutes: number };

const severity = fc.constantFrom('info', 'warning', 'error', 'critical');
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    what: fc.constant('open'),
    severity,
    status: fc.constantFrom('open', 'suppressed'),
  }),
  fc.record({ what: fc.constant('severity'), severity }),
  fc.record({
    what: fc.constantFrom(
      'suppress',
      'release',
      'acknowledge',
      'snooze',
      'fact',
      'resolve',
      'reopen',
      'again',
    ),
  }),
  fc.record({ what: fc.constant('wait'), minutes: fc.constantFrom(1, 11, 61, 600) }),
);
const story = fc.record({
  file: fc.constantFrom(...FILES),
  hour: fc.nat(23),
  /** Which incident, what happens to it, and before how many more writes the process dies. */
  acts: fc.array(fc.tuple(fc.nat(1), act, fc.option(fc.nat(8), { nil: Infinity })), { maxLength: 14 }),
});

/** Found by chance once: held for a digest, suppressed, and worse while it is. */
const HELD_AND_SUPPRESSED = {
  file: {
    routes: [
      { name: 'bad', match: { minSeverity: 'critical' }, channels: ['gotify'], continue: true },
      { name: 'rest', channels: ['webhook'], digest: 120 },
    ],
  },
  hour: 0,
  acts: [
    [0, { what: 'open', severity: 'error', status: 'open' }, Infinity],
    [0, { what: 'suppress' }, Infinity],
    [0, { what: 'severity', severity: 'critical' }, Infinity],
  ] satisfies [number, Act, number][] as [number, Act, number][],
};

/** The lines on a real key-value, with channels that take everything at once. */
async function openLines(file: unknown, hour: number) {
  const t = await openTestBus();
  const deliveries = await t.bus.kv('DELIVERIES');
  const incidents = await t.bus.kv('INCIDENTS');
  const receipts = createReceipts(deliveries);
  const clock = { now: Date.parse('2026-03-14T00:00:00.000Z') + hour * 60 * MINUTE };
  const sent: Notification[] = [];
  const crash = { after: Infinity };
  function mayDie(): void {
    if (crash.after-- > 0) return;
    crash.after = Infinity;
    throw new Error('killed');
  }
  const written: KeyValue = {
    ...deliveries,
    get: (key) => deliveries.get(key),
    list: (prefix) => deliveries.list(prefix),
    async put(key, value) {
      mayDie();
      return deliveries.put(key, value);
    },
    async create(key, value) {
      mayDie();
      return deliveries.create(key, value);
    },
    async update(key, value, revision) {
      mayDie();
      return deliveries.update(key, value, revision);
    },
    async delete(key) {
      mayDie();
      return deliveries.delete(key);
    },
  };
  const bus = {
    async publish(_: unknown, data: unknown) {
      mayDie();
      const notification = data as Notification;
      if (dedupOpening(await receipts.get(notification.id)) !== 'again') return { seq: 1, duplicate: true };
      sent.push(notification);
      await receipts.put(receiptOf(notification, { status: 'sent', attempts: 1 }, clock.now));
      return { seq: sent.length, duplicate: false };
    },
  };
  const parsed = NotifyFile.parse(file);
  const tools = {
    bus,
    incidents,
    receipts: createReceipts(written),
    agenda: createAgenda(written),
    counts: createCounts(written, { rates: parsed.throttle, now: () => clock.now }),
    silences: { all: () => [] },
    policy: { minSeverity: 'warning', channels: CHANNELS, file: parsed },
    render: renderIncident,
    linkBase: undefined,
    now: () => clock.now,
    suppressed: { inc: () => undefined },
  } as const;
  const teller = createTeller(tools);
  const settle = { groupWaitMs: 0, nodeGraceMs: 0 };
  const log = createLog('silent');
  /** As a process does after each start: nothing is remembered. */
  const route = () => createRouteLine({ ...tools, teller, settle });
  const agenda = () => createAgendaLine({ ...tools, teller, log })();
  return { t, ...tools, clock, sent, crash, route, agenda, deliveries };
}
type Lines = Awaited<ReturnType<typeof openLines>>;

/** Delivers until it is acknowledged, as the bus does. */
async function deliver(lines: Lines, incident: Incident, transition: IncidentTransition): Promise<void> {
  for (let deliveries = 1; deliveries < 20; deliveries++) {
    try {
      const subject = subjects.incident(incident.id, transition);
      await lines.route()({ stream: 'INCIDENTS', subject, seq: 1, data: incident, deliveries });
      return;
    } catch (error) {
      if (!(error instanceof RetryLater) && (error as Error).message !== 'killed') throw error;
    }
  }
  throw new Error('never acknowledged');
}

/** What `state` makes of an act; `undefined` where it does nothing. */
function change(
  before: Incident | undefined,
  what: Act,
  now: number,
): [Incident, IncidentTransition] | undefined {
  const at = new Date(now).toISOString();
  if (what.what === 'open')
    return before === undefined
      ? [sampleIncident({ severity: what.severity, status: what.status, openedAt: at }), 'opened']
      : undefined;
  if (before === undefined || what.what === 'wait' || what.what === 'again') return undefined;
  const isOver = before.status === 'resolved';
  if (isOver !== (what.what === 'reopen')) return undefined;
  const next = (fields: Partial<Incident>, entry?: string): [Incident, IncidentTransition] => [
    {
      ...before,
      ...fields,
      revision: before.revision + 1,
      timeline: entry === undefined ? before.timeline : [...before.timeline, { at, what: entry, text: '' }],
    },
    fields.status === 'resolved' ? 'resolved' : 'updated',
  ];
  switch (what.what) {
    case 'severity':
      return next({ severity: what.severity });
    case 'suppress':
      return next({ status: 'suppressed' }, 'suppressed');
    case 'release':
      return before.status === 'suppressed' ? next({ status: 'open' }, 'released') : undefined;
    case 'acknowledge':
      return before.status === 'open' ? next({ status: 'acknowledged', acknowledgedAt: at }) : undefined;
    case 'snooze':
      return next({ snoozedUntil: new Date(now + 30 * MINUTE).toISOString() });
    case 'fact':
      return next({ occurrences: before.occurrences + 1 });
    case 'resolve':
      return next({ status: 'resolved', resolvedAt: at });
    case 'reopen':
      return next({ status: 'open', resolvedAt: undefined }, 'reopened');
  }
}

const isDueToBeTold = (incident: Incident, now: number) =>
  incident.severity === 'critical' &&
  !['suppressed', 'resolved'].includes(incident.status) &&
  !(incident.snoozedUntil !== undefined && Date.parse(incident.snoozedUntil) > now);

async function put(incidents: KeyValue, incident: Incident): Promise<void> {
  await incidents.put(incident.id, JSON.stringify(incident));
}

async function expectCriticalTold(lines: Lines, incident: Incident): Promise<void> {
  const targets = routeIncident(incident, lines.policy, lines.clock.now);
  for (const channel of new Set(targets.flatMap(({ channels }) => channels))) {
    const receipt = await lines.receipts.followed(notificationId(incident, 'opened', channel));
    expect({ incident: incident.id, channel, status: receipt?.status }).toMatchObject({ status: 'sent' });
  }
}

it('whatever happens, an end is told exactly where the opening was, nothing twice, and critical at once', async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ file, hour, acts }) => {
      const lines = await openLines(file, hour);
      const known = new Map<number, { incident: Incident; last: IncidentTransition }>();
      const episodes: Incident[] = [];
      const step = async (of: number, what: Act) => {
        const before = known.get(of);
        if (what.what === 'wait') lines.clock.now += what.minutes * MINUTE;
        if (what.what === 'again' && before !== undefined) await deliver(lines, before.incident, before.last);
        const changed = change(before?.incident, what, lines.clock.now);
        if (changed === undefined) return;
        const [incident, last] = [{ ...changed[0], id: `inc-${of}` }, changed[1]];
        known.set(of, { incident, last });
        await put(lines.incidents, incident);
        if (last === 'resolved') episodes.push(incident);
        await deliver(lines, incident, last);
      };
      try {
        for (const [of, what, killedAfter] of acts) {
          lines.crash.after = killedAfter;
          await step(of, what);
          await lines.agenda().catch(() => undefined);
          await lines.agenda();
          lines.crash.after = Infinity;
          await lines.agenda();
          for (const { incident } of known.values())
            if (isDueToBeTold(incident, lines.clock.now)) await expectCriticalTold(lines, incident);
        }
        for (const of of known.keys()) await step(of, { what: 'resolve' });
        for (let i = 0; i < 40; i++) {
          lines.clock.now += 60 * MINUTE;
          await lines.agenda();
        }

        expect(await lines.deliveries.list('due')).toEqual([]);
        const under = (await lines.receipts.list()).filter(
          ({ status, via }) => status === 'pending' && via === undefined,
        );
        expect(under).toEqual([]);
        const ids = lines.sent.map(({ id }) => id);
        expect(ids).toEqual([...new Set(ids)]);
        for (const incident of episodes) {
          for (const channel of CHANNELS) {
            const opening = await lines.receipts.followed(notificationId(incident, 'opened', channel));
            const endId = notificationId(incident, 'resolved', channel);
            const inDigest = (await lines.receipts.get(endId))?.reason === 'told-in-digest';
            const end = await lines.receipts.followed(endId);
            const isEndTold = end?.status === 'sent' || inDigest;
            expect({ id: endId, told: isEndTold }).toEqual({ id: endId, told: opening?.status === 'sent' });
          }
        }
      } finally {
        await lines.t.close();
      }
    }),
    { numRuns: 80, examples: [[HELD_AND_SUPPRESSED]] },
  );
}, 120_000);
