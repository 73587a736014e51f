import type { Api, Call, CallOptions } from '../api.ts';
import { readOne, readRows, readText } from '../normalize/read.ts';
import { GuestStatus, Snapshot } from '../normalize/resources.ts';
import { nodeSegment, vmidSegment, type Params } from '../path.ts';

/** A guest, where it lives. Find the node through `cluster.resources()`: the wrong one answers `not-found`. */
export interface GuestAddress {
  readonly node: string;
  readonly type: 'qemu' | 'lxc';
  readonly vmid: number;
}

/** A guest's configuration as written: every value as text (the API mixes numbers and texts of numbers). */
export type GuestConfig = Readonly<Record<string, string>>;

/** Calls about one guest. */
export function pveGuest(api: Api) {
  const base = ({ node, type, vmid }: GuestAddress): string =>
    `/nodes/${nodeSegment(node)}/${type === 'lxc' ? 'lxc' : 'qemu'}/${vmidSegment(vmid)}`;
  const get = (guest: GuestAddress, path: string, options?: CallOptions) =>
    ({ ...options, method: 'GET', path: `${base(guest)}${path}` }) satisfies Call;
  const power =
    (action: string) =>
    async (guest: GuestAddress, params: Params = {}, options?: CallOptions) =>
      readText(api, { ...options, method: 'POST', path: `${base(guest)}/status/${action}`, params });
  return {
    /** `GET /nodes/{node}/{type}/{vmid}/status/current`, live. VM.Audit on /vms/{vmid}. */
    status: async (guest: GuestAddress, options?: CallOptions) =>
      readOne(api, get(guest, '/status/current', options), GuestStatus),
    /** `GET /nodes/{node}/{type}/{vmid}/config`, with pending changes. VM.Audit on /vms/{vmid}. */
    async config(guest: GuestAddress, options?: CallOptions): Promise<GuestConfig> {
      const data = await api.get(`${base(guest)}/config`, undefined, options);
      const scalars = Object.entries(typeof data === 'object' && data !== null ? data : {}).filter(
        ([, value]) => typeof value === 'string' || typeof value === 'number',
      );
      return Object.fromEntries(scalars.map(([key, value]) => [key, String(value)]));
    },
    /** `GET /nodes/{node}/{type}/{vmid}/snapshot`, without the row for the running state. VM.Audit on /vms/{vmid}. */
    async snapshots(guest: GuestAddress, options?: CallOptions): Promise<readonly Snapshot[]> {
      const rows = await readRows(api, get(guest, '/snapshot', options), Snapshot);
      return rows.filter(({ name }) => name !== 'current');
    },
    /** `POST …/status/start`; returns the UPID. VM.PowerMgmt on /vms/{vmid}. Starting a running VM is a task that fails. */
    start: power('start'),
    /** `POST …/status/stop`: pulls the plug; returns the UPID. VM.PowerMgmt on /vms/{vmid}. */
    stop: power('stop'),
    /** `POST …/status/shutdown` (`timeout` in seconds, `forceStop`); returns the UPID. VM.PowerMgmt on /vms/{vmid}. */
    shutdown: power('shutdown'),
    /** `POST …/status/reboot` (`timeout` in seconds); returns the UPID. VM.PowerMgmt on /vms/{vmid}. */
    reboot: power('reboot'),
    /** `POST …/status/reset`, VMs only; returns the UPID. VM.PowerMgmt on /vms/{vmid}. */
    reset: power('reset'),
    /** `POST …/status/suspend`; returns the UPID. VM.PowerMgmt on /vms/{vmid}. */
    suspend: power('suspend'),
    /** `POST …/status/resume`; returns the UPID. VM.PowerMgmt on /vms/{vmid}. */
    resume: power('resume'),
  };
}
