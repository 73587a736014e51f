import {
  Event,
  redact,
  subjects,
  type Channel,
  type DeadLetter,
  type NormalizeResult,
  type RawInput,
} from '@proxmox-mcp/schemas';
import { InvalidMessage, type Bus, type Published } from '@proxmox-mcp/bus';
import type { Logger, Metrics } from '@proxmox-mcp/service-kit';
import { finishEvent, rawIdOf } from './finish-event.ts';
import { createFloodGate, type FloodLimits } from './flood.ts';
import { keepInput, type InputNotes } from './keep-input.ts';
import { createStormTeller } from './tell-storms.ts';

export interface IngestLineOptions {
  /** Service name: subject of the dead letters. */
  readonly service: string;
  readonly channel: Channel;
  readonly bus: Bus;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** How much one source may tell before the rest is only counted; `context.flood`. */
  readonly flood: FloodLimits;
  /** Milliseconds since the epoch, for the reports of storms. */
  readonly now?: () => number;
}

/** One input as the source read it. */
export interface IngestInput extends InputNotes {
  /** Name of the configured source. */
  readonly source: string;
  /** Where exactly it came from, for dead letters: peer address, API path, mailbox and UID. No secrets. */
  readonly origin: string;
  readonly raw: Buffer | string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** What became of one input; everything it says is stored on the bus when this is given. */
export interface Ingested {
  readonly outcome: 'events' | 'ignored' | 'rejected';
  /** Events stored now; a resend stores none. */
  readonly stored: number;
  /** Without those that a storm only counts. */
  readonly events: readonly Event[];
  /** Reason word of `ignored` and `rejected`. */
  readonly reason?: string;
}

export interface IngestLine {
  /**
   * Finishes, checks and publishes what a normalizer said of an input, and the input beside it. Resolves once it is stored, so that
   * the source may be acknowledged then and not before. Never throws for bad input: that becomes a dead letter.
   *
   * @throws {BusUnavailable} nothing is stored; do not acknowledge, try again.
   */
  settle(input: IngestInput, result: NormalizeResult): Promise<Ingested>;
  /** `normalize`, then `settle`; a normalizer that throws is our fault, and its input is kept as a dead letter. */
  ingest(input: IngestInput, normalize: (input: IngestInput) => NormalizeResult): Promise<Ingested>;
  /** Tells what was only counted. Call it when the service stops; safe twice. */
  stop(): Promise<void>;
}

/** The line every ingestor publishes by: normalize → finish → check → publish, with raw inputs, dead letters and counters. */
export function createIngestLine(options: IngestLineOptions): IngestLine {
  const { service, channel, bus, log, metrics, flood, now = Date.now } = options;
  const events = metrics.counter('ingest_events_total', 'Events stored on the bus', ['channel', 'severity']);
  const duplicates = metrics.counter('ingest_duplicates_total', 'Events the bus had already', ['channel']);
  const ignored = metrics.counter('ingest_ignored_total', 'Inputs understood and dropped as noise', [
    'channel',
    'reason',
  ]);
  const rejected = metrics.counter('ingest_rejected_total', 'Inputs refused, kept as dead letters', [
    'channel',
    'reason',
  ]);
  const stormed = metrics.counter('ingest_storm_events_total', 'Events counted in a storm, not stored', [
    'channel',
    'severity',
  ]);
  const gate = createFloodGate(channel, flood);
  const teller = createStormTeller({
    gate,
    log,
    now,
    async publish({ draft, source, atMs }) {
      const from = { channel, source, receivedAt: atMs };
      const rawId = rawIdOf('', draft, from);
      const event = finishEvent(draft, { ...from, rawId, index: 0 });
      // It was made here: there is no input to look at.
      delete event.raw;
      await bus.publish(subjects.event(channel, event.type), event, { id: event.id });
      events.inc({ channel, severity: event.severity });
    },
  });

  async function deadLetter(
    input: IngestInput,
    stage: string,
    { reason, detail, rawId }: { reason: string; detail?: string | undefined; rawId?: string },
  ): Promise<void> {
    rejected.inc({ channel, reason });
    const { source, origin, receivedAt, raw } = input;
    const letter: DeadLetter = {
      service,
      stage,
      reason: reason.slice(0, 100),
      ...(detail === undefined ? {} : { detail: redact(detail).slice(0, 2_000) }),
      origin: origin.slice(0, 300),
      at: new Date(receivedAt).toISOString(),
      ...keepInput(raw, input),
      channel,
      source: source.slice(0, 200),
      raw: rawId ?? rawIdOf(raw, undefined, { channel, source, receivedAt }),
    };
    await bus.publish(subjects.deadLetter(service), letter);
    log.debug({ reason, origin: letter.origin }, 'input refused, kept as a dead letter');
  }

  async function settle(input: IngestInput, result: NormalizeResult): Promise<Ingested> {
    if ('ignore' in result) {
      ignored.inc({ channel, reason: result.reason });
      return { outcome: 'ignored', stored: 0, events: [], reason: result.reason };
    }
    if ('reject' in result) {
      await deadLetter(input, 'normalize', result);
      return { outcome: 'rejected', stored: 0, events: [], reason: result.reason };
    }
    if ('api_error' in result) return { outcome: 'ignored', stored: 0, events: [], reason: 'api-error' };
    const from = { channel, source: input.source, receivedAt: input.receivedAt };
    const rawId = rawIdOf(input.raw, result.events[0], from);
    const accepted: Event[] = [];
    for (const [index, draft] of result.events.entries()) {
      const event = finishEvent(draft, { ...from, rawId, index });
      // An adapter that has nothing to show: there is nothing to look up either.
      if (input.raw.length === 0) delete event.raw;
      const fault = faultOf(event);
      if (fault !== undefined) await deadLetter(input, 'publish', { ...fault, rawId });
      else if (gate.admit(event, input.receivedAt)) accepted.push(event);
      else {
        stormed.inc({ channel, severity: event.severity });
        teller.wake();
      }
    }
    if (accepted.length === 0) return { outcome: 'events', stored: 0, events: [] };
    // Published together, so that a batch costs one round trip; the order is the order of the calls. The input goes first: an
    // event whose input is not there would be worse than an input nobody asks for.
    const [, ...answers] = await Promise.all([
      input.raw.length === 0 ? undefined : publishRaw(rawId, input),
      ...accepted.map((event) => publish(event, input)),
    ]);
    let stored = 0;
    answers.forEach((answer, index) => {
      const event = accepted[index];
      if (answer === undefined || event === undefined) return;
      if (answer.duplicate) return duplicates.inc({ channel });
      stored++;
      events.inc({ channel, severity: event.severity });
    });
    return {
      outcome: 'events',
      stored,
      events: accepted.filter((_event, index) => answers[index] !== undefined),
    };
  }

  async function publishRaw(id: string, input: IngestInput): Promise<void> {
    const { source, origin, receivedAt, raw } = input;
    const kept: RawInput = {
      id,
      channel,
      source,
      origin: origin.slice(0, 300),
      receivedAt: new Date(receivedAt).toISOString(),
      ...keepInput(raw, input),
    };
    // Without an id to the bus: whoever keeps it knows doubles by `id`, and an index of the log for it costs as much as the input.
    await bus.publish(subjects.raw(channel), kept);
  }

  /** @returns `undefined` for an event that no bus can carry, now a dead letter. */
  async function publish(event: Event, input: IngestInput): Promise<Published | undefined> {
    try {
      return await bus.publish(subjects.event(channel, event.type), event, { id: event.id });
    } catch (err) {
      // The bus measures what it encodes; to encode every event here as well would cost each for the sake of none.
      if (!(err instanceof InvalidMessage) || err.reason !== 'too-large') throw err;
      await deadLetter(input, 'publish', { reason: 'event-too-large', detail: err.message });
      return undefined;
    }
  }

  return {
    settle,
    async ingest(input, normalize) {
      let result: NormalizeResult;
      try {
        result = normalize(input);
      } catch (err) {
        log.error({ err, origin: input.origin }, 'normalizer threw, input kept as a dead letter');
        const detail = err instanceof Error ? err.message : undefined;
        await deadLetter(input, 'normalize', { reason: 'normalizer-threw', detail });
        return { outcome: 'rejected', stored: 0, events: [], reason: 'normalizer-threw' };
      }
      return settle(input, result);
    },
    stop: () => teller.stop(),
  };
}

function faultOf(event: Event): { reason: string; detail: string } | undefined {
  const parsed = Event.safeParse(event);
  if (parsed.success) return undefined;
  const issue = parsed.error.issues[0];
  return { reason: 'invalid-event', detail: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
}
