import { Event, subjects, type Channel, type DeadLetter, type NormalizeResult } from '@proxmox-mcp/schemas';
import { InvalidMessage, type Bus, type Published } from '@proxmox-mcp/bus';
import type { Logger, Metrics } from '@proxmox-mcp/service-kit';
import { finishEvent } from './finish-event.ts';
import { redact } from './redact.ts';

/** Dead letters keep this much of the input. */
const DEAD_LETTER_MAX_CHARS = 65_536;

export interface IngestLineOptions {
  /** Service name: subject of the dead letters. */
  readonly service: string;
  readonly channel: Channel;
  readonly bus: Bus;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** One input as the source read it. */
export interface IngestInput {
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
  readonly events: readonly Event[];
  /** Reason word of `ignored` and `rejected`. */
  readonly reason?: string;
}

export interface IngestLine {
  /**
   * Finishes, checks and publishes what a normalizer said of an input. Resolves once it is stored, so that the source may be
   * acknowledged then and not before. Never throws for bad input: that becomes a dead letter.
   *
   * @throws {BusUnavailable} nothing is stored; do not acknowledge, try again.
   */
  settle(input: IngestInput, result: NormalizeResult): Promise<Ingested>;
  /** `normalize`, then `settle`; a normalizer that throws is our fault, and its input is kept as a dead letter. */
  ingest(input: IngestInput, normalize: (input: IngestInput) => NormalizeResult): Promise<Ingested>;
}

/** The line every ingestor publishes by: normalize → finish → check → publish, with dead letters and counters. */
export function createIngestLine(options: IngestLineOptions): IngestLine {
  const { service, channel, bus, log, metrics } = options;
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

  async function deadLetter(
    input: IngestInput,
    stage: string,
    reason: string,
    detail?: string,
  ): Promise<void> {
    rejected.inc({ channel, reason });
    const body = redact(cut(input.raw));
    const letter: DeadLetter = {
      service,
      stage,
      reason: reason.slice(0, 100),
      ...(detail === undefined ? {} : { detail: redact(detail).slice(0, 2_000) }),
      origin: input.origin.slice(0, 300),
      body,
      truncated: input.raw.length > DEAD_LETTER_MAX_CHARS,
      at: new Date(input.receivedAt).toISOString(),
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
      await deadLetter(input, 'normalize', result.reason, result.detail);
      return { outcome: 'rejected', stored: 0, events: [], reason: result.reason };
    }
    if ('api_error' in result) return { outcome: 'ignored', stored: 0, events: [], reason: 'api-error' };
    const finished = result.events.map((draft, index) => finishEvent(draft, { ...input, channel, index }));
    const accepted: Event[] = [];
    for (const event of finished) {
      const fault = faultOf(event);
      if (fault === undefined) accepted.push(event);
      else await deadLetter(input, 'publish', fault.reason, fault.detail);
    }
    // Published together, so that a batch costs one round trip; the order is the order of the calls.
    const answers = await Promise.all(accepted.map((event) => publish(event, input)));
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

  /** @returns `undefined` for an event that no bus can carry, now a dead letter. */
  async function publish(event: Event, input: IngestInput): Promise<Published | undefined> {
    try {
      return await bus.publish(subjects.event(channel, event.type), event, { id: event.id });
    } catch (err) {
      // The bus measures what it encodes; to encode every event here as well would cost each for the sake of none.
      if (!(err instanceof InvalidMessage) || err.reason !== 'too-large') throw err;
      await deadLetter(input, 'publish', 'event-too-large', err.message);
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
        await deadLetter(
          input,
          'normalize',
          'normalizer-threw',
          err instanceof Error ? err.message : undefined,
        );
        return { outcome: 'rejected', stored: 0, events: [], reason: 'normalizer-threw' };
      }
      return settle(input, result);
    },
  };
}

function cut(raw: Buffer | string): string {
  const head = raw.slice(0, DEAD_LETTER_MAX_CHARS);
  return typeof head === 'string' ? head : head.toString('utf8');
}

function faultOf(event: Event): { reason: string; detail: string } | undefined {
  const parsed = Event.safeParse(event);
  if (parsed.success) return undefined;
  const issue = parsed.error.issues[0];
  return { reason: 'invalid-event', detail: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
}
