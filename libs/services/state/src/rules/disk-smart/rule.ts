import type { Fact } from '@proxmox-mcp/schemas';
import { textIn } from '../../facts/keys/key.ts';
import { diskOf } from '../disk.ts';
import { on, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const FAILED = 'disk.smart.failed';

/** Sectors that are lost already: the next read of them fails (HEALTH_RULES). */
const LOST: ReadonlySet<string | undefined> = new Set(['CurrentPendingSector', 'OfflineUncorrectableSector']);
/** smartd says so once, or once a day; whether it still holds nobody tells. */
const WARNED_FOR_S = 7 * 86_400;

/** A disk whose own SMART verdict is bad, or that smartd warns of. */
export const diskSmart = defineFactRule({
  name: 'disk-smart',
  condition: FAILED,
  summary:
    'A disk fails its SMART health check or has unreadable sectors (critical), or smartd warns of it (over after a week without another word).',
  types: [FAILED, 'disk.smart.warning', 'disk.smart.passed'],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read(fact) {
    const disk = diskOf(fact);
    if (disk === undefined) return undefined;
    const where = { condition: FAILED, anchor: disk.object };
    if (fact.type === 'disk.smart.passed') return { recovery: { ...recoveryIn(fact), ...where } };
    const failType = textIn(fact, 'fail_type');
    const isFailed = fact.type === FAILED;
    const message = textIn(fact, 'message');
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object: disk.object,
        severity: isFailed || LOST.has(failType) ? 'critical' : 'warning',
        title: `${titleOf(fact, failType)}: ${disk.name}${on(fact)}`,
        cause: [disk.identity, message?.slice(0, 500)].filter((part) => part !== undefined).join(': '),
        // A verdict of the disk lasts until it is another one.
        ...(isFailed || failType === 'Health' ? {} : { expiresAfter: WARNED_FOR_S }),
      },
    };
  },
});

function titleOf({ type }: Fact, failType: string | undefined): string {
  if (type === FAILED) return 'Disk is failing';
  if (LOST.has(failType)) return 'Disk has unreadable sectors';
  return failType === 'Temperature' ? 'Disk is too hot' : 'SMART warning of disk';
}
