import { Reject, type Bus, type Consumer, type KeyValue } from '@proxmox-mcp/bus';
import {
  DeadLetter,
  DeadLettersQuery,
  Diagnosis,
  Event,
  IncidentCommand,
  MaintenanceCommand,
  Observation,
  RawInputs,
  RawQuery,
  filters,
  requests,
  EventsQuery,
  FactsQuery,
  IncidentsQuery,
  type Fact,
  type IncidentCommandAnswer,
} from '@proxmox-mcp/schemas';
import type { Metrics } from '@proxmox-mcp/service-kit';
import type * as z from 'zod';
import { createDeadLetterStore } from '../history/dead-letters.ts';
import { createEventStore } from '../history/events.ts';
import { createFactStore } from '../history/facts.ts';
import { createHeldTroubles } from '../history/held-troubles.ts';
import { createIncidentStore } from '../history/incidents.ts';
import type { Topology } from '../facts/topology.ts';
import type { HistoryFile } from '../history/open-history.ts';
import { createOutbox } from '../history/outbox.ts';
import { createRawInputStore } from '../history/raw-inputs.ts';
import { createPlaceStore } from '../history/places.ts';
import { createUsageStore } from '../history/usage.ts';
import { createRetention, usedBytes, type RetentionLimits } from '../history/retention.ts';
import { mayBeEcho } from '../incidents/echo.ts';
import { createExplainers } from '../incidents/explain/index.ts';
import { maintenanceNote } from '../incidents/explain/maintenance.ts';
import { createFollower } from '../incidents/follower.ts';
import { reconcileIncidents } from '../incident-values.ts';
import type { MaintenanceYaml } from '../maintenance/file.ts';
import { createKeeper, shutdownFacts } from '../maintenance/keeper.ts';
import { createWindows } from '../maintenance/windows.ts';
import { createFactReader } from '../rules/read-fact.ts';
import { createPast } from '../rules/past.ts';
import { createSampler, type Sampled } from '../rules/sampler.ts';
import { createUsageLog } from '../rules/usage-log.ts';
import { RULES } from '../rules/index.ts';
import { createSettings, type RulesFile } from '../rules/settings.ts';
import { isSilent, storageLabels } from '../reduce/labels.ts';
import type { Entry } from '../reduce/entry.ts';
import { createLiveState, type Seen } from '../reduce/live-state.ts';
import { createDrain } from './drain-outbox.ts';
import { followSources } from './follow-sources.ts';
import { createIngest } from './ingest-event.ts';
import { inTurn } from './in-turn.ts';
import { createWriter } from './writer.ts';

export interface EngineParts {
  readonly bus: Bus;
  readonly history: HistoryFile;
  readonly limits: RetentionLimits;
  readonly metrics: Metrics;
  readonly now: () => number;
  /** What the operator changed of the rules. */
  readonly rules: RulesFile;
  /** The windows that the operator planned. */
  readonly maintenance: MaintenanceYaml;
  /** The inventory of this moment. */
  readonly topology: () => Topology;
  /** Told of what went wrong and is tried again. */
  readonly onTrouble: (err: unknown, doing: string) => void;
}

/** The one that writes: from events to facts, incidents and the live picture. */
export interface Engine {
  /** Pays what an earlier run still owes, then consumes and answers. */
  start(): Promise<void>;
  /** Safe twice. Closes the history. */
  stop(): Promise<void>;
  details(): Record<string, unknown>;
}

/** Durable name on every stream: the name of the service. */
const DURABLE = 'state';

/** Events under way at one time; each transaction takes what is there. */
const IN_FLIGHT = 256;

const TICK_MS = 1_000;
/** How often the rules are asked about the whole picture; what a poll changes they are asked at once. */
const SAMPLE_MS = 10_000;
/** How far back failures are looked for that nothing had explained when the service ended. */
const UNEXPLAINED_MS = 24 * 3_600_000;
const RETENTION_TICK_MS = 60_000;
const RECONCILE_TICK_MS = 3_600_000;

/** Makes the engine of one history. Only one may run on a bus at a time: see `lease.ts`. */
export function createEngine(parts: EngineParts): Engine {
  const { bus, history, limits, metrics, now, onTrouble } = parts;
  const { db } = history;
  const events = createEventStore(db);
  const facts = createFactStore(db);
  const incidents = createIncidentStore(db);
  const rawInputs = createRawInputStore(db, (id) => events.ofRaw(id));
  const deadLetters = createDeadLetterStore(db);
  const places = createPlaceStore(db);
  const outbox = createOutbox(db);
  const retain = createRetention(db, limits);
  const stopping = new AbortController();
  const closers: Consumer[] = [];
  const timers: NodeJS.Timeout[] = [];
  const liveInTurn = inTurn();

  const counted = metrics.counter('state_events_total', 'Events stored, and those that were there already.', [
    'result',
  ]);
  const changed = metrics.counter('state_incidents_total', 'Changes of incidents told to the bus.', [
    'transition',
  ]);
  const refused = metrics.counter(
    'state_incidents_refused_total',
    'Incidents not opened because too many are open.',
  );
  const buried = metrics.counter(
    'state_dead_letters_total',
    'Dead letters kept, by the service that gave up.',
    ['of'],
  );
  const lag = metrics.histogram(
    'state_event_seconds',
    'From receiving an event to its facts and incidents being on the bus.',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 300],
  );
  const cut = metrics.counter(
    'state_neighbourhoods_cut_total',
    'Times that more was near a report than is looked at to find what belongs to it.',
    ['key'],
  );
  const size = metrics.gauge('state_history_bytes', 'Bytes of the history in use.');
  const open = metrics.gauge('state_incidents_open', 'Unresolved incidents.');

  return {
    start,
    stop,
    details: () => ({ openIncidents: incidents.countOpen(), historyBytes: usedBytes(db) }),
  };

  async function start(): Promise<void> {
    const values = await bus.kv('INCIDENTS');
    const stateValues = await bus.kv('STATE');
    const live = createLiveState(stateValues);
    await live.load();
    const windows = createWindows(await bus.kv('MAINTENANCE'));
    const explaining = {
      facts,
      incidents,
      picture: live.picture,
      guestAt: (cluster: string | undefined, vmid: number) => live.guestAt(cluster, vmid),
      topology: parts.topology,
      windowsAt: (at: number) => windows.underWay(at),
    };
    const follower = createFollower({
      incidents,
      facts,
      held: createHeldTroubles(db),
      outbox,
      now,
      picture: live.picture,
      explainers: createExplainers(explaining),
      note: (incident, at) => maintenanceNote(explaining, incident, at),
      guestOf: (cluster, vmid) => live.guestOf(cluster, vmid),
      isSilent: (cluster, node) => isSilent(live.picture, cluster, node),
      onTransition: (transition) => changed.inc({ transition }),
      onRefused: () => refused.inc(),
    });
    const keeper = createKeeper({
      windows,
      file: parts.maintenance,
      picture: live.picture,
      bus,
      state: stateValues,
      now,
      incidents,
      onBegun: () => write(() => follower.reconsider()),
    });
    const heard = (fact: Fact) => {
      keeper.fact(fact);
      follower.fact(fact);
    };
    const settings = createSettings(parts.rules);
    const usageLog = createUsageLog(createUsageStore(db), live.picture, now);
    const past = createPast(facts, usageLog, now);
    const sampler = createSampler({ rules: RULES, settings, picture: live.picture, past });
    const reader = createFactReader(RULES, settings, {
      labelsOf: (cluster, vmid) => live.labelsOf(cluster, vmid),
      storageOf: (cluster, storage, node) => storageLabels(live.picture, { cluster, storage, node }),
      ended: (type, node, span) => facts.ended(type, node, span),
    });
    const ingest = createIngest({
      events,
      facts,
      places,
      outbox,
      follower: { ...follower, fact: heard },
      now,
      topology: parts.topology,
      reader,
      onCut: (key) => cut.inc({ key }),
      clusterOf: (node, product) => live.clusterOf(node, product),
      isOutdated: ({ cluster, node, at, condition }) =>
        node !== undefined &&
        (live.wasOnlineAfter(cluster, node, at) || hasRecovered(condition, node, cluster, Date.parse(at))),
    });
    const drain = createDrain({
      outbox,
      bus,
      incidents: values,
      signal: stopping.signal,
      onRetry: (err) => onTrouble(err, 'publishing facts and incidents, will retry'),
    });
    const writer = createWriter({ db, drain, complete: () => ingest.renew(), undone: () => ingest.forget() });
    /** What looks at facts and incidents must see those of the events before it. */
    const write = <T>(work: () => T) =>
      writer.write(() => {
        ingest.renew();
        return work();
      });
    const tell = async ({ troubles, recoveries, gone = [] }: Sampled & Partial<Seen>) => {
      if (troubles.length + recoveries.length + gone.length === 0) return;
      await write(() => {
        for (const trouble of troubles) follower.trouble(trouble);
        for (const recovery of recoveries) follower.recovery(recovery);
        for (const object of gone) follower.gone(object);
      });
    };
    /** What was only seen is told as its rule has it, and not at all where that is off. */
    const tellSeen = ({ troubles, ...seen }: Partial<Seen>) =>
      tell({
        recoveries: [],
        gone: [],
        ...seen,
        troubles: (troubles ?? []).flatMap((trouble) => reader.judge(trouble) ?? []),
      });
    /** What could not be written is said again by the next look: the disk may be full, or the file locked. */
    const sample = async (entries?: Iterable<Entry>) => {
      const looked = sampler.look(now(), entries);
      try {
        await tell(looked);
      } catch (err) {
        looked.undo();
        throw err;
      }
    };
    closers.push(writer);
    await drain();
    await reconcile(values);
    for (const fact of (await facts.query(FactsQuery.parse(shutdownFacts(now())))).items) keeper.fact(fact);
    await keeper.start();
    await keeper.tick();
    const waited = await unexplained();
    if (waited.length > 0) await write(() => waited.forEach((fact) => follower.fact(fact)));

    closers.push(
      await followSources(stateValues, {
        now,
        tell: (said) =>
          void tellSeen(said).catch((err: unknown) => {
            if (!stopping.signal.aborted) onTrouble(err, 'telling of a source');
          }),
      }),
      await bus.consume(
        { durable: DURABLE, filters: [filters.allEvents], maxInFlight: IN_FLIGHT },
        async (message) => {
          const event = read(Event, message.data);
          const isNew = await writer.write(() => ingest.store(event, message.seq));
          counted.inc({ result: isNew ? 'stored' : 'known' });
          // A replay tells of the past: it is neither late nor how things are.
          if (event.replayedAt !== undefined) return;
          if (isNew) lag.observe(Math.max(0, now() - Date.parse(event.receivedAt)) / 1000);
          await liveInTurn(() => live.applyEvent(event));
        },
      ),
      await bus.consume(
        { durable: DURABLE, filters: [filters.allRaw], maxInFlight: IN_FLIGHT },
        async (message) => {
          const inputs = read(RawInputs, message.data);
          await writer.write(() => inputs.forEach((raw) => rawInputs.insert(raw)));
        },
      ),
      await bus.consume({ durable: DURABLE, filters: [filters.allDeadLetters] }, async (message) => {
        const letter = read(DeadLetter, message.data);
        const isNew = await writer.write(() => deadLetters.insert(letter, message.seq));
        if (isNew) buried.inc({ of: letter.service });
      }),
      await bus.consume(
        { durable: DURABLE, filters: [filters.allObservations], maxInFlight: 1 },
        async (message) => {
          const observation = read(Observation, message.data);
          await liveInTurn(async () => sample(await live.observe(observation, tellSeen)));
        },
      ),
      await bus.consume({ durable: DURABLE, filters: [filters.allDiagnoses] }, async (message) => {
        const diagnosis = read(Diagnosis, message.data);
        await write(() => follower.diagnosis(diagnosis));
      }),
      await bus.answer(requests.events, DURABLE, (question) => events.query(EventsQuery.parse(question))),
      await bus.answer(requests.facts, DURABLE, (question) => facts.query(FactsQuery.parse(question))),
      await bus.answer(requests.incidents, DURABLE, (question) =>
        incidents.query(IncidentsQuery.parse(question)),
      ),
      await bus.answer(requests.raw, DURABLE, (question) => rawInputs.query(RawQuery.parse(question))),
      await bus.answer(requests.deadLetters, DURABLE, (question) =>
        deadLetters.query(DeadLettersQuery.parse(question)),
      ),
      await bus.answer(requests.maintenance, DURABLE, (question) =>
        keeper.answer(MaintenanceCommand.parse(question)),
      ),
      await bus.answer(
        requests.incidentCommand,
        DURABLE,
        async (question): Promise<IncidentCommandAnswer> => {
          const command = IncidentCommand.parse(question);
          const outcome = await write(() => follower.command(command));
          if (outcome.kind === 'not-found')
            return { ok: false, code: 'not_found', message: `there is no incident ${command.id}` };
          if (outcome.kind === 'invalid') return { ok: false, code: 'invalid', message: outcome.message };
          const incident = incidents.get(command.id)?.incident;
          if (incident === undefined)
            return { ok: false, code: 'not_found', message: `incident ${command.id} is gone` };
          return { ok: true, incident };
        },
      ),
    );
    every(TICK_MS, 'telling what has waited', async () => {
      if (follower.isDue()) await write(() => follower.tick());
    });
    every(TICK_MS, 'looking after maintenance windows', () => keeper.tick());
    every(SAMPLE_MS, 'asking the rules', () =>
      liveInTurn(async () => {
        if (usageLog.isDue()) await write(() => usageLog.note());
        await sample();
      }),
    );
    every(RETENTION_TICK_MS, 'deleting old history', async () => {
      while (!stopping.signal.aborted && (await write(() => retain(now()))));
      db.exec('PRAGMA incremental_vacuum(2000)');
      size.set(usedBytes(db));
      open.set(incidents.countOpen());
    });
    every(RECONCILE_TICK_MS, 'tidying the INCIDENTS key-value', () => reconcile(values));
  }

  /** Failures that waited for an explanation when an earlier run ended. */
  async function unexplained(): Promise<Fact[]> {
    const since = new Date(now() - UNEXPLAINED_MS).toISOString();
    const types = ['task.failed', 'backup.snapshot.failed'];
    const { items } = await facts.query(FactsQuery.parse({ types, since, limit: 500 }));
    return items.filter((fact) => mayBeEcho(fact) && incidents.ofFact(fact.id) === undefined);
  }

  /** Whether an event told that the node came back after the time. */
  function hasRecovered(condition: string, node: string, cluster: string | undefined, at: number): boolean {
    if (condition !== 'node.state.offline') return false;
    const seen = facts.ended('node.state.online', node, [at, Number.MAX_SAFE_INTEGER]);
    return seen.some(
      (fact) => fact.cluster === undefined || cluster === undefined || fact.cluster === cluster,
    );
  }

  function reconcile(values: KeyValue): Promise<void> {
    const has = (id: string) => incidents.get(id) !== undefined;
    return reconcileIncidents(values, { unresolved: () => incidents.unresolved(), has }, now());
  }

  function every(ms: number, doing: string, work: () => Promise<void>): void {
    let isBusy = false;
    const timer = setInterval(() => {
      if (isBusy || stopping.signal.aborted) return;
      isBusy = true;
      work()
        .catch((err: unknown) => {
          if (!stopping.signal.aborted) onTrouble(err, doing);
        })
        .finally(() => {
          isBusy = false;
        });
    }, ms);
    timer.unref();
    timers.push(timer);
  }

  async function stop(): Promise<void> {
    timers.splice(0).forEach((timer) => clearInterval(timer));
    const [writer, ...consumers] = closers.splice(0);
    // Those that wait for a bus that is away must not keep the consumers from stopping.
    const patience = setTimeout(() => stopping.abort(), 2_000);
    try {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      await writer?.stop();
    } finally {
      clearTimeout(patience);
      stopping.abort();
      history.close();
    }
  }
}

/** @throws {Reject} the payload is none of ours: it will never be handled. */
function read<S extends z.ZodType>(schema: S, data: unknown): z.infer<S> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Reject(
    'invalid-payload',
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'does not fit the schema'}`,
  );
}
