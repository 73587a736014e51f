import { PRI, type PveSite } from './pve-site.ts';

/** A service under HA changes its state, as the manager on the master logs it: `error`, `started`. */
export function setHaState(site: PveSite, sid: string, state: string): void {
  const service = site.ha.get(sid);
  if (service === undefined) throw new Error(`the lab has no HA service ${sid}`);
  if (site.haMaster !== undefined)
    site.daemonLog(
      site.haMaster,
      'pve-ha-crm',
      state === 'error' ? PRI.err : PRI.info,
      `service '${sid}': state changed from '${service.state}' to '${state}'`,
    );
  service.state = state;
}
