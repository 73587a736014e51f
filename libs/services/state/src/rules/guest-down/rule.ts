import type { GuestState } from '@proxmox-mcp/schemas';
import { defineStateRule, type Picture } from '../rule.ts';
import { CRITICAL_TAG } from '../settings.ts';

/** HA itself keeps it off. */
const HA_OFF: ReadonlySet<string> = new Set(['stopped', 'disabled', 'request_stop']);

/** What has been down for longer was told, or explained, or happened while nobody looked: it is how things are. */
const NEWS_MS = 24 * 3_600_000;

/** While its lock says that something is being done to it, it is not down: for so long at most. */
const LOCKED_MS = 6 * 3_600_000;

/**
 * A guest that ran and does not any more. That is asked of every guest that was seen running: the lists do not say which are set to
 * start at boot, and one that somebody stopped has a task that says so, which explains it (`explain/task.ts`).
 */
export const guestDown = defineStateRule({
  name: 'guest-down',
  condition: 'guest.state.stopped',
  summary: `A guest that ran has stopped, and no task explains it; critical with the tag \`${CRITICAL_TAG}\`.`,
  entry: 'guest',
  defaults: { enabled: true, for: 60, clearFor: 30 },
  read(guest, { picture, now }) {
    const { status, template, ranUntil, isForBackup, hastate, lock, since, tags } = guest;
    if (template || !isSeen(guest, picture)) return undefined;
    // One that is off, or lies open as down, is started by its backup and stopped again: that is neither its end nor its beginning.
    if (status === 'running') return isForBackup === true ? undefined : { level: 'ok', value: status };
    if (status !== 'stopped' || ranUntil === undefined) return undefined;
    if ((hastate !== undefined && HA_OFF.has(hastate)) || lock === 'suspended') return undefined;
    const down = now - Date.parse(since);
    if (down > NEWS_MS || (lock !== undefined && down < LOCKED_MS)) return undefined;
    return { level: tags?.includes(CRITICAL_TAG) === true ? 'crit' : 'warn', value: status };
  },
  tell: ({ vmid, name, node, ranUntil }) => ({
    title: `Guest ${nameOf(vmid, name)} is down on ${node}`,
    cause: `it stopped by itself: no task stopped it. Last seen running ${ranUntil ?? 'before'}`,
  }),
  over: ({ vmid, name }) => `Guest ${nameOf(vmid, name)} runs`,
});

/** What a node that is away last said of its guests is minutes old. */
function isSeen({ cluster, node }: GuestState, picture: Picture): boolean {
  for (const one of picture.of('node', cluster)) if (one.node === node) return one.status === 'online';
  return true;
}

const nameOf = (vmid: number, name: string | undefined) =>
  name === undefined ? String(vmid) : `${vmid} (${name.slice(0, 64)})`;
