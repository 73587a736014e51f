import type { Event, EventDraft } from '@proxmox-mcp/schemas';
import { severityOf } from '@proxmox-mcp/proxmox-events';

/** One report of a storm, ready to be told. */
export interface StormReport {
  readonly storm: Storm;
  readonly state: 'started' | 'ongoing' | 'ended';
  readonly atMs: number;
  readonly source: string;
  readonly draft: EventDraft;
}

/** What a source tells beyond its rate, summed up. */
export interface Storm {
  count(event: Event, atMs: number): void;
  /** Epoch milliseconds of the last event counted. */
  readonly lastAt: number;
  /** When it was told of last, by the clock of the reports; long ago at first. */
  readonly toldAt: number;
  /** Whether there is anything that no report has told. */
  readonly isNews: boolean;
  end(): void;
  report(nowMs: number): StormReport;
  told(report: StormReport): void;
}

const TYPE = 'source.storm';
const MAX_SAMPLES = 5;
/** The vocabulary has some three hundred types; a storm is made of few. */
const MAX_TYPES = 100;
const OTHER = 'other';

/**
 * Begins a storm. Its reports have identities of their own and one `storm_id`, which makes them one fact.
 *
 * @param first gives product, source and place.
 */
export function createStorm(id: string, first: Event, startedAt: number): Storm {
  const byType = new Map<string, number>();
  const samples: Record<string, unknown>[] = [];
  let total = 0;
  let lastAt = startedAt;
  let toldAt = Number.NEGATIVE_INFINITY;
  let toldTotal = 0;
  let isEnded = false;
  let isFirst = true;
  // Where it comes from, as long as all of it does.
  let { cluster, node } = first;

  const seconds = (ms: number) => Math.floor(ms / 1000);

  function draftOf(state: StormReport['state']): EventDraft {
    const types = [...byType].sort((a, b) => b[1] - a[1]);
    const draft: EventDraft = {
      type: TYPE,
      severity: severityOf(TYPE),
      product: first.product,
      ...(cluster === undefined ? {} : { cluster }),
      ...(node === undefined ? {} : { node }),
      at: seconds(state === 'started' ? startedAt : lastAt),
      facts: {
        storm_id: id,
        state,
        source: first.source,
        count: total,
        by_type: Object.fromEntries(types),
        samples: [...samples],
        starttime: seconds(startedAt),
        last_at: seconds(lastAt),
        ...(state === 'ended'
          ? { endtime: seconds(lastAt), duration_s: seconds(lastAt) - seconds(startedAt) }
          : {}),
      },
      // What it tells is part of it: a report that is tried again after more was counted is another one.
      identity: `storm/${id}/${state}/${total}`,
    };
    return draft;
  }

  return {
    get lastAt() {
      return lastAt;
    },
    get toldAt() {
      return toldAt;
    },
    get isNews() {
      return total > toldTotal;
    },
    count(event, atMs) {
      total++;
      lastAt = Math.max(lastAt, atMs);
      const type = byType.has(event.type) || byType.size < MAX_TYPES ? event.type : OTHER;
      byType.set(type, (byType.get(type) ?? 0) + 1);
      if (event.cluster !== cluster) cluster = undefined;
      if (event.node !== node) node = undefined;
      if (samples.length < MAX_SAMPLES)
        samples.push({
          type: event.type,
          severity: event.severity,
          title: event.title,
          at: event.occurredAt,
        });
    },
    end() {
      isEnded = true;
    },
    report(nowMs) {
      const state = isEnded ? 'ended' : isFirst ? 'started' : 'ongoing';
      const draft = draftOf(state);
      return { storm: this, state, atMs: nowMs, source: first.source, draft };
    },
    told({ atMs, draft }) {
      isFirst = false;
      toldAt = atMs;
      toldTotal = Number(draft.facts['count']);
    },
  };
}
