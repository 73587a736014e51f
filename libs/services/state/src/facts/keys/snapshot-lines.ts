import { taskSubject } from '@proxmox-mcp/proxmox-events';
import { SECOND, placeOf, textIn, timeOf, type AttachKey } from './key.ts';

/** The daemon logs an upload as its task begins; RFC 3164 stamps are good to a second. */
const REACH_MS = 3 * SECOND;

/** The line with which a PBS begins an upload: it names the snapshot, and no task. */
export const snapshotLines: AttachKey = {
  kind: 'attach',
  name: 'upload',
  types: ['backup.snapshot.started'],
  reachMs: { before: REACH_MS, after: REACH_MS },
  placeOf(event) {
    const group = textIn(event, 'group');
    if (event.product !== 'pbs' || group === undefined) return undefined;
    return placeOf(event.node, event.storage, group);
  },
  spotOf(parts) {
    if (parts.product !== 'pbs' || parts.type !== 'backup') return undefined;
    const { storage, facts } = taskSubject(parts);
    return { place: placeOf(parts.node, storage, String(facts['group'])), at: parts.starttime * SECOND };
  },
  heeds: ({ facts }) => facts['backup_time'] !== undefined || facts['namespace'] !== undefined,
  choose(event, tasks) {
    const at = timeOf(event);
    const [namespace, time] = [event.facts['namespace'], event.facts['backup_time']];
    const fitting = tasks.filter(({ startedAt, fact: { facts } }) => {
      if (Math.abs(startedAt - at) > REACH_MS) return false;
      // The task's log tells both, the lists neither.
      const isOther = (mine: unknown, theirs: unknown) => theirs !== undefined && mine !== theirs;
      return !isOther(namespace, facts['namespace']) && !isOther(time, facts['backup_time']);
    });
    const away = ({ startedAt }: { readonly startedAt: number }) => Math.abs(startedAt - at);
    return fitting.sort((a, b) => away(a) - away(b) || (a.upid < b.upid ? -1 : 1))[0];
  },
  homeOf: (_, upid) => upid,
};
