import { isRecord } from '../input.ts';
import { known, said, tellOf, type ConditionDiff, type Whose } from './condition-diff.ts';

/** A check of Ceph's health that is raised and not muted. */
export interface CephCheck {
  /** HEALTH_WARN or HEALTH_ERR. */
  readonly severity: string;
  readonly message?: string;
}

/** Health of one Ceph cluster. Plain JSON, fit to be stored. */
export interface CephSnapshot {
  readonly fsid: string;
  /** By check code: `OSD_DOWN`. */
  readonly checks: Readonly<Record<string, CephCheck>>;
}

const MAX_CHECKS = 200;
const ERR = 'HEALTH_ERR';

/** Reads `ceph/status`; `undefined` when it is no status. Muted checks count as not raised. */
export function readCeph(answer: unknown): CephSnapshot | undefined {
  if (!isRecord(answer) || !isRecord(answer['health'])) return undefined;
  const given = answer['health']['checks'];
  const checks = Object.entries(isRecord(given) ? given : {})
    .slice(0, MAX_CHECKS)
    .flatMap(([code, check]): [string, CephCheck][] => {
      if (!isRecord(check) || check['muted'] === true || check['muted'] === 1) return [];
      const message = said(isRecord(check['summary']) ? check['summary']['message'] : undefined, 500);
      const severity = said(check['severity'], 20) ?? 'HEALTH_WARN';
      return [[code.slice(0, 100), { severity, ...(message !== undefined && { message }) }]];
    });
  return { fsid: said(answer['fsid'], 60) ?? '', checks: Object.fromEntries(checks) };
}

/** Checks that were raised, got worse, or cleared. Another `fsid` is another cluster: a baseline. */
export function diffCeph(
  before: CephSnapshot,
  after: CephSnapshot,
  whose: Whose,
): ConditionDiff<CephSnapshot> {
  if (before.fsid !== after.fsid) return { events: [], next: after };
  const tell = tellOf(whose);
  const { fsid } = after;
  const raised = Object.entries(after.checks).flatMap(([check, { severity, message }]) => {
    const was = known(before.checks, check);
    const isWorse = severity === ERR && was?.severity !== ERR;
    if (was !== undefined && !isWorse) return [];
    return [
      tell('ceph.check.raised', check, { fsid, check, status: severity, message, from: was?.severity }),
    ];
  });
  const cleared = Object.entries(before.checks).flatMap(([check, { severity }]) =>
    known(after.checks, check) === undefined
      ? [tell('ceph.check.cleared', check, { fsid, check, from: severity })]
      : [],
  );
  return { events: [...raised, ...cleared], next: after };
}
