import {
  Event,
  RAW_MAX_INPUTS,
  redact,
  subjects,
  type Channel,
  type DeadLetter,
  type NormalizeResult,
  type RawInput,
  type RawInputs,
} from '@proxmox-mcp/schemas';
import { InvalidMessage, type Bus, type Outgoing } from '@proxmox-mcp/bus';
import type { Logger, Metrics } from '@proxmox-mcp/service-kit';
import { finishEvent, rawIdOf } from './finish-event.ts';
import { createFloodGate, type FloodLimits } from './flood.ts';
import { keepInput, type InputNotes } from './keep-input.ts';
import { createIsoTime } from './iso-time.ts';
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

/** What a normalizer said of an input. */
export interface Settlement {
  readonly input: IngestInput;
  readonly result: NormalizeResult;
}

export interface IngestLine {
  /**
   * Finishes, checks and publishes what a normalizer said of an input, and the input beside it. Resolves once it is stored, so that
   * the source may be acknowledged then and not before. Never throws for bad input: that becomes a dead letter.
   *
   * @throws {BusUnavailable} nothing is stored; do not acknowledge, try again.
   */
  settle(input: IngestInput, result: NormalizeResult): Promise<Ingested>;
  /** The same for several at once, in order, for much less than one by one. */
  settleAll(settlements: readonly Settlement[]): Promise<readonly Ingested[]>;
  /** `normalize`, then `settle`; a normalizer that throws is our fault, and its input is kept as a dead letter. */
  ingest(input: IngestInput, normalize: (input: IngestInput) => NormalizeResult): Promise<Ingested>;
  /** Tells what was only counted. Call it when the service stops; safe twice. */
  stop(): Promise<void>;
}

/** What is to be stored of one input. */
interface Admitted {
  readonly input: IngestInput;
  readonly rawId: string;
  readonly events: readonly Event[];
  readonly outcome: Ingested['outcome'];
  readonly reason?: string;
}

/** Characters of inputs in one message, which has room for 1 MB: one may take six bytes as JSON. */
const MESSAGE_CHARS = 131_072;
/** What an input takes beside its body, about. */
const HEAD_CHARS = 400;

/** The line every ingestor publishes by: normalize → finish → check → publish, with raw inputs, dead letters and counters. */
export function createIngestLine(options: IngestLineOptions): IngestLine {
  const { service, channel, bus, log, metrics, flood, now = Date.now } = options;
  const eventsTotal = metrics.counter('ingest_events_total', 'Events stored on the bus', [
    'channel',
    'severity',
  ]);
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
  const receivedTime = createIsoTime();
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
      eventsTotal.inc({ channel, severity: event.severity });
    },
  });

  function deadLetterOf(
    input: IngestInput,
    stage: string,
    { reason, detail, rawId }: { reason: string; detail?: string | undefined; rawId?: string },
  ): Outgoing<DeadLetter> {
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
    log.debug({ reason, origin: letter.origin }, 'input refused, kept as a dead letter');
    return { subject: subjects.deadLetter(service), data: letter };
  }

  /** What is to be stored of one input; adds its dead letters to `letters`. */
  function admit({ input, result }: Settlement, letters: Outgoing[]): Admitted {
    const none = { input, rawId: '', events: [] };
    if ('ignore' in result) {
      ignored.inc({ channel, reason: result.reason });
      return { ...none, outcome: 'ignored', reason: result.reason };
    }
    if ('reject' in result) {
      letters.push(deadLetterOf(input, 'normalize', result));
      return { ...none, outcome: 'rejected', reason: result.reason };
    }
    if ('api_error' in result) return { ...none, outcome: 'ignored', reason: 'api-error' };
    const from = { channel, source: input.source, receivedAt: input.receivedAt };
    const rawId = rawIdOf(input.raw, result.events[0], from);
    const events: Event[] = [];
    result.events.forEach((draft, index) => {
      const event = finishEvent(draft, { ...from, rawId, index });
      // An adapter that has nothing to show: there is nothing to look up either.
      if (input.raw.length === 0) delete event.raw;
      const fault = faultOf(event);
      if (fault !== undefined) letters.push(deadLetterOf(input, 'publish', { ...fault, rawId }));
      else if (gate.admit(event, input.receivedAt)) events.push(event);
      else {
        stormed.inc({ channel, severity: event.severity });
        teller.wake();
      }
    });
    return { input, rawId, events, outcome: 'events' };
  }

  async function settleAll(settlements: readonly Settlement[]): Promise<Ingested[]> {
    const letters: Outgoing[] = [];
    const admitted = settlements.map((settlement) => admit(settlement, letters));
    // Published together, so that a batch costs one round trip; the order is the order of the calls. The inputs go first: an
    // event whose input is not there would be worse than an input nobody asks for.
    const first = [...letters, ...messagesOf(admitted)];
    const events = admitted.flatMap((one) => one.events);
    if (first.length + events.length === 0) return admitted.map((one) => ingestedOf(one, [], 0));
    const answers = await bus.publishAll([
      ...first,
      ...events.map((event) => ({ subject: subjects.event(channel, event.type), data: event, id: event.id })),
    ]);
    for (const answer of answers.slice(0, first.length)) if (answer instanceof InvalidMessage) throw answer;
    let next = first.length;
    const tooLarge: Outgoing[] = [];
    const ingested = admitted.map((one) => {
      let stored = 0;
      const carried = one.events.filter((event) => {
        const answer = answers[next++];
        if (answer === undefined) return false;
        if (answer instanceof InvalidMessage) {
          // The bus measures what it encodes; to encode every event here as well would cost each for the sake of none.
          if (answer.reason !== 'too-large') throw answer;
          const why = { reason: 'event-too-large', detail: answer.message };
          tooLarge.push(deadLetterOf(one.input, 'publish', why));
          return false;
        }
        if (answer.duplicate) duplicates.inc({ channel });
        else {
          stored++;
          eventsTotal.inc({ channel, severity: event.severity });
        }
        return true;
      });
      return ingestedOf(one, carried, stored);
    });
    if (tooLarge.length > 0) await bus.publishAll(tooLarge);
    return ingested;
  }

  /** The inputs of what is stored, some in a message. Without ids: whoever keeps them knows doubles by the input's own. */
  function messagesOf(admitted: readonly Admitted[]): Outgoing<RawInputs>[] {
    const messages: Outgoing<RawInputs>[] = [];
    let last: RawInput[] = [];
    let room = 0;
    for (const { input, rawId, events } of admitted) {
      if (events.length === 0 || input.raw.length === 0) continue;
      const { source, origin, receivedAt, raw } = input;
      const kept = {
        id: rawId,
        channel,
        source,
        origin: origin.slice(0, 300),
        receivedAt: receivedTime(receivedAt),
        ...keepInput(raw, input),
      };
      room -= kept.body.length + HEAD_CHARS;
      if (room < 0 || last.length === RAW_MAX_INPUTS) {
        last = [];
        room = MESSAGE_CHARS - kept.body.length - HEAD_CHARS;
        messages.push({ subject: subjects.raw(channel), data: last });
      }
      last.push(kept);
    }
    return messages;
  }

  async function settle(input: IngestInput, result: NormalizeResult): Promise<Ingested> {
    const [ingested] = await settleAll([{ input, result }]);
    return ingested ?? { outcome: 'events', stored: 0, events: [] };
  }

  return {
    settle,
    settleAll,
    async ingest(input, normalize) {
      let result: NormalizeResult;
      try {
        result = normalize(input);
      } catch (err) {
        log.error({ err, origin: input.origin }, 'normalizer threw, input kept as a dead letter');
        const detail = err instanceof Error ? err.message : undefined;
        await bus.publishAll([deadLetterOf(input, 'normalize', { reason: 'normalizer-threw', detail })]);
        return { outcome: 'rejected', stored: 0, events: [], reason: 'normalizer-threw' };
      }
      return settle(input, result);
    },
    stop: () => teller.stop(),
  };
}

function ingestedOf({ outcome, reason }: Admitted, events: readonly Event[], stored: number): Ingested {
  return { outcome, stored, events, ...(reason === undefined ? {} : { reason }) };
}

function faultOf(event: Event): { reason: string; detail: string } | undefined {
  const parsed = Event.safeParse(event);
  if (parsed.success) return undefined;
  const issue = parsed.error.issues[0];
  return { reason: 'invalid-event', detail: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
}
