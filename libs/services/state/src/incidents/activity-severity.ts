import type { Fact, Severity } from '@proxmox-mcp/schemas';
import { numberIn } from '../facts/keys/key.ts';
import { partsOf } from '../facts/identity.ts';

/** Failures in a row from which a replication is more than a target that was away for a moment: PVE tries again every half hour. */
const REPLICATION_CRITICAL = 3;

/** How bad the failure of an activity is as an incident (HEALTH_RULES): mostly as bad as its fact. */
export function severityOfFailure(fact: Fact): Severity {
  const { family } = partsOf(fact.type);
  // Backups that cannot be read back are none.
  if (family === 'backup.verify' && (hasSome(fact.facts['failed']) || hasSome(fact.facts['corrupt_chunks'])))
    return 'critical';
  if (family !== 'replication.job') return fact.severity;
  const failures = numberIn(fact, 'failure_count');
  if (failures === undefined) return fact.severity;
  return failures >= REPLICATION_CRITICAL ? 'critical' : 'warning';
}

const hasSome = (value: unknown) => Array.isArray(value) && value.length > 0;
