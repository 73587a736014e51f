import { requests, type Incident } from '@proxmox-mcp/schemas';
import type { Week } from '../testing/open-week.ts';

export const NODES = ['pve1', 'pve2', 'pve3'];
/** Often enough to see what matters here; a test is some hours long. */
export const SLOWER = { WEBSOCKET_TASKS_SECONDS: '15', WEBSOCKET_RESOURCES_SECONDS: '15' };
export const MINUTE = 60;

type Status = 'running' | 'stopped' | 'unknown';

/** Changes what the cluster says of a guest. */
export function guestIs(
  { pve }: Week,
  vmid: number,
  status: Status,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const known = pve.guests.get(vmid);
  if (known === undefined) throw new Error(`no guest ${vmid}`);
  const { lock: _, ...rest } = known;
  pve.guests.set(vmid, { ...rest, status, ...more });
}

/** A storage of a node, so full. */
export function storageIs({ storages }: Week, storage: string, percent: number): void {
  storages.set(storage, {
    type: 'storage',
    storage,
    node: 'pve1',
    status: 'available',
    plugintype: 'zfspool',
    shared: false,
    content: ['images'],
    disk: percent * 1e9,
    maxdisk: 100e9,
  });
}

/** Titles of the messages of a kind, oldest first. */
export const titles = (week: Week, kind: string): string[] =>
  week.messages.filter((message) => message.kind === kind).map(({ title }) => title);

/** The only incident of a condition. */
export async function theOne(week: Week, condition: string): Promise<Incident> {
  const [found, ...more] = (await week.incidents()).filter((one) => one.condition === condition);
  if (found === undefined || more.length > 0)
    throw new Error(`${more.length + (found ? 1 : 0)} of ${condition}`);
  return found;
}

export async function acknowledge(week: Week, id: string): Promise<void> {
  const answer = await week.bus.request(requests.incidentCommand, { id, op: 'acknowledge', by: 'ada' });
  if (!answer.ok) throw new Error(answer.message);
}
