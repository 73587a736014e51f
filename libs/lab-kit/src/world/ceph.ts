import type { PveSite } from './pve-site.ts';

/** A Ceph cluster on the nodes of a site, as far as its health goes. */
export interface LabCeph {
  readonly fsid: string;
  /** Raised checks by code. */
  readonly checks: Map<
    string,
    { readonly severity: string; readonly message: string; readonly muted: boolean }
  >;
}

/** A Ceph cluster in good health. */
export function makeCeph(): LabCeph {
  return { fsid: '6f1d3c52-9a10-4a8e-9f60-2f1c4d5b7e90', checks: new Map() };
}

/** What `ceph -s` says, as PVE passes it on. */
export function cephStatus({ fsid, checks }: LabCeph, site: PveSite): Record<string, unknown> {
  const raised = [...checks].filter(([, { muted }]) => !muted);
  const worst = raised.some(([, { severity }]) => severity === 'HEALTH_ERR') ? 'HEALTH_ERR' : 'HEALTH_WARN';
  const names = [...site.nodes.keys()];
  return {
    fsid,
    health: {
      status: raised.length === 0 ? 'HEALTH_OK' : worst,
      checks: Object.fromEntries(
        [...checks].map(([code, { severity, message, muted }]) => [
          code,
          { severity, summary: { message, count: 1 }, muted },
        ]),
      ),
      mutes: [],
    },
    election_epoch: 18,
    quorum: names.map((_, i) => i),
    quorum_names: names,
    quorum_age: 3_600,
    monmap: { epoch: 3, num_mons: names.length },
    osdmap: {
      epoch: 97,
      num_osds: names.length * 2,
      num_up_osds: names.length * 2,
      num_in_osds: names.length * 2,
    },
    pgmap: { num_pgs: 129, bytes_total: 12_000_138_625_024, bytes_used: 3_402_341_478_400 },
  };
}

/** A health check appears; its severity is `HEALTH_WARN` or `HEALTH_ERR`. */
export function raiseCephCheck(
  site: PveSite,
  code: string,
  check: { severity: string; message: string; muted?: boolean },
): void {
  cephOf(site).checks.set(code, { muted: false, ...check });
}

/** A health check clears. */
export function clearCephCheck(site: PveSite, code: string): void {
  cephOf(site).checks.delete(code);
}

function cephOf({ ceph }: PveSite): LabCeph {
  if (ceph === undefined) throw new Error('the lab has no Ceph there');
  return ceph;
}
