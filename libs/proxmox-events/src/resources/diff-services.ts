import { isRecord } from '../input.ts';
import { known, said, tellOf, type ConditionDiff, type Whose } from './condition-diff.ts';

/** How each service of a machine is: `failed`, `running`, or stopped and the like. Plain JSON, fit to be stored. */
export type ServiceSnapshot = Readonly<Record<string, 'failed' | 'running' | 'other'>>;

const MAX_SERVICES = 500;

/** Reads `services` of either product: PVE tells systemd's active state, PBS only its sub state. */
export function readServices(rows: readonly unknown[]): ServiceSnapshot {
  const services = rows.slice(0, MAX_SERVICES).flatMap((row): [string, ServiceSnapshot[string]][] => {
    if (!isRecord(row)) return [];
    const service = said(row['service'] ?? row['name'], 200);
    if (service === undefined) return [];
    const active = said(row['active-state'] ?? row['activeState'], 40);
    const state = said(row['state'], 40);
    if (active === 'failed' || state === 'failed') return [[service, 'failed']];
    return [[service, active === 'active' || state === 'running' ? 'running' : 'other']];
  });
  return Object.fromEntries(services);
}

/** Services that failed, and those that run again after it. One that somebody stopped is neither. */
export function diffServices(
  before: ServiceSnapshot,
  after: ServiceSnapshot,
  whose: Whose,
): ConditionDiff<ServiceSnapshot> {
  const tell = tellOf(whose);
  const next: Record<string, ServiceSnapshot[string]> = {};
  const events = Object.entries(after).flatMap(([service, now]) => {
    const was = known(before, service);
    // What is being started again after a failure has not recovered yet.
    next[service] = now === 'other' && was === 'failed' ? 'failed' : now;
    const facts = { unit: service.includes('.') ? service : `${service}.service`, state: now };
    if (now === 'failed' && was !== 'failed') return [tell('node.service.failed', service, facts)];
    return now === 'running' && was === 'failed' ? [tell('node.service.running', service, facts)] : [];
  });
  return { events, next };
}
