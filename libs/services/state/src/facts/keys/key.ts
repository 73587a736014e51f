import type { Event, Fact } from '@proxmox-mcp/schemas';
import type { Outcome, Upid } from '@proxmox-mcp/proxmox-events';

/** A task as its own reports tell it, without what others brought: the one thing that reports without a UPID are joined to. */
export interface Task {
  readonly upid: string;
  readonly parts: Upid;
  readonly family: string;
  readonly outcome: Outcome | undefined;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Epoch milliseconds; `undefined` while nothing tells of its end. */
  readonly endedAt: number | undefined;
  readonly fact: Omit<Fact, 'revision'>;
}

/** Where something is looked for: only what lies in the same place can belong together. */
export interface Spot {
  readonly place: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Reports that belong together, and the task they tell of where one is known. */
export interface Group {
  readonly events: readonly Event[];
  readonly upid?: string;
}

/** What lies near each other in one place: no two of them are further apart than the reach of the key, link by link. */
export interface Neighbourhood {
  /** Reports without a UPID, by time. */
  readonly events: readonly Event[];
  /** Tasks, by start. */
  readonly tasks: readonly Task[];
}

interface AnyKey {
  /** Begins the places of the key. */
  readonly name: string;
  /** Types of the reports it may concern; `undefined`: whatever no other key has taken. */
  readonly types?: readonly string[];
  /** Of reports of several types in one fact the last of these has the final word. */
  readonly precedence?: readonly string[];
}

/**
 * A condition that is reported again and again: consecutive reports with the same tag and no longer silence between them are one
 * fact. A report with another tag ends it: a storage that is back, another set of updates.
 */
export interface ChainKey extends AnyKey {
  readonly kind: 'chain';
  /** @returns `undefined` for what it does not concern. */
  linkOf(
    event: Event,
  ): { readonly place: string; readonly tag: string; readonly silenceMs: number } | undefined;
  /** Thousands of equal reports are to be expected: the fact counts them (`facts.count`) and shows the first and last few. */
  readonly isCounted?: boolean;
}

/** Reports, and tasks, that are matched as a whole: who belongs to whom depends on everybody near. */
export interface ClusterKey extends AnyKey {
  readonly kind: 'cluster';
  /** Longest time between two that can have to do with each other, milliseconds. */
  readonly reachMs: number;
  placeOf(event: Event): string | undefined;
  /** Where the task can be matched; none for tasks it does not concern. */
  spotsOf?(task: Task): readonly Spot[];
  /** Whether the end of a task that a report tells of can matter at all: saves looking closer. */
  concerns?(parts: Upid, end: Event): boolean;
  /** A function of the set: the order within the neighbourhood says nothing. Reports that are left out stand alone. */
  partition(near: Neighbourhood): readonly Group[];
}

/** Reports that each belong to a task or to nobody, whatever other reports say. */
export interface AttachKey extends AnyKey {
  readonly kind: 'attach';
  placeOf(event: Event): string | undefined;
  /** Place and start of a task it may concern. Needs nothing but the UPID. */
  spotOf(parts: Upid): Spot | undefined;
  /** Longest time from a task's start to a report of it, and by how much a report's clock may run before it; milliseconds. */
  readonly reachMs: { readonly before: number; readonly after: number };
  /** Whether what a task's end tells can change the choice. */

  heeds(report: Event): boolean;
  /** The task the report tells of. */
  choose(event: Event, tasks: readonly Task[]): Task | undefined;
  /** The fact of the report once its task is known. */
  homeOf(event: Event, upid: string): string;
}

/** One row of PROXMOX §G.5: which reports it concerns, where they are looked for, which belong together. */
export type Key = ChainKey | ClusterKey | AttachKey;

/** What every type of an activity can end in. */
export function typesOf(family: string): string[] {
  return ['started', 'succeeded', 'warned', 'failed', 'unknown'].map((outcome) => `${family}.${outcome}`);
}

/** A text detail; `undefined` where it is absent or no text. */
export function textIn(
  source: { readonly facts: Readonly<Record<string, unknown>> },
  key: string,
): string | undefined {
  const value = source.facts[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A number among the details. */
export function numberIn(
  source: { readonly facts: Readonly<Record<string, unknown>> },
  key: string,
): number | undefined {
  const value = source.facts[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Joins the parts of a place; what is not known is empty, so that it matches only what does not tell it either. */
export function placeOf(...parts: readonly (string | number | undefined)[]): string {
  return parts
    .map((part) => String(part ?? ''))
    .join('/')
    .slice(0, 300);
}

/** When a report says it happened, epoch milliseconds. */
export function timeOf(event: Event): number {
  return Date.parse(event.occurredAt);
}

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
