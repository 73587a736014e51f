import { isDeepStrictEqual } from 'node:util';
import type { Incident, TimelineEntry } from '@proxmox-mcp/schemas';
import { bound } from './bound.ts';
import type { Memo } from './memo.ts';

/** An incident with what it knows beyond what it shows. */
export interface Held {
  readonly incident: Incident;
  readonly memo: Memo;
}

/** What may change of an incident; `undefined` takes a field away. */
export type Patch = {
  readonly [K in keyof Omit<Incident, 'id' | 'revision' | 'updatedAt' | 'timeline'>]?:
    Incident[K] | undefined;
};

/**
 * Makes the next revision of an incident.
 *
 * @returns the very same incident when nothing that is shown would change: there is nothing to tell anybody.
 */
export function change(
  incident: Incident,
  patch: Patch,
  at: string,
  entry?: Omit<TimelineEntry, 'at'>,
): Incident {
  const next: Record<string, unknown> = { ...incident, ...patch };
  for (const key of Object.keys(next)) if (next[key] === undefined) delete next[key];
  if (entry === undefined && isDeepStrictEqual(next, { ...incident })) return incident;
  const timeline = entry === undefined ? incident.timeline : [...incident.timeline, { at, ...entry }];
  // `patch` has the fields of an incident, with the absent ones taken away again above.
  const changed = { ...next, timeline, updatedAt: at, revision: incident.revision + 1 } as Incident;
  return bound(changed);
}

/** Whether it still waits for an end. */
export function isOpen(incident: Incident): boolean {
  return incident.status !== 'resolved';
}

/** When its present episode began, ISO: it may have been over before. */
export function beganAt({ openedAt, timeline }: Incident): string {
  return timeline.findLast(({ what }) => what === 'reopened')?.at ?? openedAt;
}

/** What an incident that is over no longer has. */
const OVER = { snoozedUntil: undefined, suppression: undefined, staleSince: undefined };

/** Ends an incident. `resolution` says how: `succeeded`, `recovered`, `manual`, `merged`, `gone`, `explained`. */
export function resolve(
  incident: Incident,
  resolution: string,
  at: string,
  entry: Omit<TimelineEntry, 'at' | 'what'>,
): Incident {
  return change(incident, { status: 'resolved', resolvedAt: at, resolution, ...OVER }, at, {
    what: 'resolved',
    ...entry,
  });
}
