import { compareSeverity, type Event } from '@proxmox-mcp/schemas';
import { createStorm, type Storm, type StormReport } from './storm.ts';

/** How much one source may tell before it is summed up: INGEST_RATE_PER_SECOND and INGEST_BURST. */
export interface FloodLimits {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * Lets through what is told at a bearable rate, and everything that is an error. Of a source that tells more, the rest is counted
 * in one storm: what it was made of is known, and the history keeps its room for the others.
 */
export interface FloodGate {
  /** Whether the event is to be stored; else it was counted. @param atMs when it was received; the clock of the source's bucket. */
  admit(event: Event, atMs: number): boolean;
  /** Reports that are to be told now: of storms that began, went on for a while, or are over. Each again until `told`. */
  due(nowMs: number): StormReport[];
  told(report: StormReport): void;
  /** Nothing is counted that is not told. */
  readonly isCalm: boolean;
  /** Ends every storm now: what was counted is to be told before the process ends. */
  endAll(): void;
}

/**
 * What carries a UPID is a happening of its own, of which Proxmox itself makes no more than it can run: it costs a fiftieth. At the
 * default rate that is the 10,000 a second that the product is measured to take.
 */
const COST_OF_TASK = 0.02;
/** Sources with a bucket of their own; later ones share one, so that forged names fill no memory. */
const MAX_SOURCES = 1_000;
/** Ended storms that the bus has not taken yet. */
const MAX_ENDED = 1_000;
/** A storm that goes on is told of this often. */
const REPORT_MS = 10_000;
/** A source that was bearable for so long has no storm any more. */
const QUIET_MS = 30_000;

interface Bucket {
  readonly name: string;
  tokens: number;
  filledAt: number;
  storm: Storm | undefined;
}

/** Makes the gate of one channel. */
export function createFloodGate(channel: string, { perSecond, burst }: FloodLimits): FloodGate {
  const buckets = new Map<string, Bucket>();
  let ended: Storm[] = [];

  function bucketOf(source: string, atMs: number): Bucket {
    const name = buckets.has(source) || buckets.size < MAX_SOURCES ? source : '(others)';
    let bucket = buckets.get(name);
    if (bucket === undefined)
      buckets.set(name, (bucket = { name, tokens: burst, filledAt: atMs, storm: undefined }));
    return bucket;
  }

  function take(bucket: Bucket, cost: number, atMs: number): boolean {
    // Inputs of an earlier time fill nothing: a clock that goes back must not give a second burst.
    const passedMs = Math.max(0, atMs - bucket.filledAt);
    bucket.filledAt = Math.max(atMs, bucket.filledAt);
    bucket.tokens = Math.min(burst, bucket.tokens + (passedMs / 1000) * perSecond);
    if (bucket.tokens < cost) return false;
    bucket.tokens -= cost;
    return true;
  }

  function end(bucket: Bucket): void {
    if (bucket.storm === undefined) return;
    bucket.storm.end();
    ended.push(bucket.storm);
    bucket.storm = undefined;
    // The bus was away for the length of a thousand storms: the oldest are the least worth.
    ended = ended.slice(-MAX_ENDED);
  }

  return {
    admit(event, atMs) {
      const bucket = bucketOf(event.source, atMs);
      const fits = take(bucket, event.upid === undefined ? 1 : COST_OF_TASK, atMs);
      if (fits || compareSeverity(event.severity, 'error') >= 0) return true;
      bucket.storm ??= createStorm(`${channel}/${bucket.name}/${atMs}`, event, atMs);
      bucket.storm.count(event, atMs);
      return false;
    },
    due(nowMs) {
      const reports: StormReport[] = [];
      for (const bucket of buckets.values()) {
        const { storm } = bucket;
        if (storm === undefined) continue;
        if (nowMs - storm.lastAt >= QUIET_MS) end(bucket);
        else if (storm.isNews && nowMs - storm.toldAt >= REPORT_MS) reports.push(storm.report(nowMs));
      }
      return [...ended.map((storm) => storm.report(nowMs)), ...reports];
    },
    told(report) {
      report.storm.told(report);
      if (report.state === 'ended') ended = ended.filter((storm) => storm !== report.storm);
    },
    get isCalm() {
      return ended.length === 0 && [...buckets.values()].every(({ storm }) => storm === undefined);
    },
    endAll() {
      for (const bucket of buckets.values()) end(bucket);
    },
  };
}
