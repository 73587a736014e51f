import type { Linked, LinkRule } from './link.ts';
import { startOf } from './link.ts';
import { SECOND, placeOf, textIn, typesOf, type Spot } from '../keys/key.ts';
import type { Topology } from '../topology.ts';

/** The upload begins as the snapshot's time is taken. */
const REACH_MS = 5 * SECOND;

/** Archives of one job that are looked for at most. */
const MAX_ARCHIVES = 500;

interface Archive extends Spot {
  readonly group: string;
  /** RFC 3339, UTC. */
  readonly time: string;
}

/** A PVE backup of a guest to a PBS, and the upload there: the archive's name is group and time of the snapshot. */
export const storedAs: LinkRule = {
  name: 'stored-as',
  relation: 'stored-as',
  sources: typesOf('backup.job'),
  targets: typesOf('backup.snapshot'),
  before: REACH_MS,
  after: REACH_MS,
  lookFrom: archivesOf,
  foundAt: (snapshot) => {
    const group = textIn(snapshot, 'group');
    return group === undefined ? [] : [{ place: group, at: timeOfSnapshot(snapshot) }];
  },
  choose: (job, snapshots, topology) =>
    archivesOf(job).flatMap((archive) => {
      const fitting = snapshots.filter((snapshot) => isCopy(archive, job, snapshot, topology));
      const named = fitting.filter((snapshot) => textIn(snapshot, 'backup_time') !== undefined);
      const [only, other] = named.length > 0 ? named : fitting;
      // Two clusters may have a guest of one number, and may save it in the same second: without more, neither is meant.
      return only !== undefined && other === undefined ? [only] : [];
    }),
};

/** When a snapshot was taken, as well as is known; epoch milliseconds. */
export function timeOfSnapshot(snapshot: Linked): number {
  const told = Date.parse(textIn(snapshot, 'backup_time') ?? '');
  return Number.isNaN(told) ? startOf(snapshot) : told;
}

function archivesOf(job: Linked): Archive[] {
  const guests = Array.isArray(job.facts['guests']) ? job.facts['guests'] : [];
  return guests.slice(0, MAX_ARCHIVES).flatMap((guest: { archive?: unknown; target?: unknown }) => {
    const name = [guest?.archive, guest?.target].find((text) => typeof text === 'string');
    const match = /^((?:vm|ct|host)\/[^/]{1,200})\/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/.exec(name ?? '');
    const [, group, time] = match ?? [];
    if (group === undefined || time === undefined || Number.isNaN(Date.parse(time))) return [];
    return [{ place: placeOf(group), at: Date.parse(time), group, time }];
  });
}

function isCopy({ group, time, at }: Archive, job: Linked, snapshot: Linked, topology: Topology): boolean {
  if (textIn(snapshot, 'group') !== group) return false;
  const told = textIn(snapshot, 'backup_time');
  if (told === undefined ? Math.abs(timeOfSnapshot(snapshot) - at) > REACH_MS : told !== time) return false;
  const config = topology.storage(job.cluster, job.storage);
  const server = config?.server === undefined ? undefined : topology.nodeAt(config.server);
  const pairs: readonly (readonly [unknown, unknown])[] = [
    [config?.datastore, snapshot.storage],
    [config?.namespace, snapshot.facts['namespace']],
    [server, snapshot.node],
    [topology.addressOf(job.cluster, job.node), snapshot.facts['client']],
  ];
  return pairs.every(([a, b]) => a === undefined || b === undefined || a === b);
}
