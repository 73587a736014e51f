import type { EventDraft } from '@proxmox-mcp/schemas';
import { known, tellOf, type ConditionDiff, type Tell, type Whose } from './condition-diff.ts';
import type { PoolMemory, ZfsSnapshot } from './zfs-pools.ts';

/** Spares (`AVAIL`, `INUSE`) are in none of these. */
const BAD: ReadonlySet<string> = new Set(['DEGRADED', 'FAULTED', 'UNAVAIL', 'REMOVED', 'OFFLINE']);

/** Pools whose health changed. Of devices only where both answers had them; a pool that is new counts as one that was well. */
export function diffZfs(before: ZfsSnapshot, after: ZfsSnapshot, whose: Whose): ConditionDiff<ZfsSnapshot> {
  const tell = tellOf(whose);
  const next = new Map<string, PoolMemory>();
  const events = Object.entries(after).flatMap(([pool, now]) => {
    const was = known(before, pool) ?? { state: 'ONLINE' };
    next.set(pool, carriedOn(was, now));
    const isSuspended = now.state === 'SUSPENDED';
    // While a pool is suspended its devices are whatever they were: one word about it is enough.
    if (isSuspended)
      return was.state === 'SUSPENDED'
        ? []
        : [tell('zfs.pool.suspended', pool, { pool, pool_state: now.state, state: now.state })];
    return [...stateEvents(pool, was, now, tell), ...otherEvents(pool, was, now, tell)];
  });
  return { events, next: Object.fromEntries(next) };
}

/** A poll that could not read the devices must not forget them. */
function carriedOn(was: PoolMemory, now: PoolMemory): PoolMemory {
  if (now.vdevs !== undefined) return now;
  return {
    ...now,
    ...(was.vdevs && { vdevs: was.vdevs }),
    ...(was.dataErrors !== undefined && { dataErrors: was.dataErrors }),
    ...(was.scan !== undefined && { scan: was.scan }),
  };
}

function stateEvents(pool: string, was: PoolMemory, now: PoolMemory, tell: Tell): EventDraft[] {
  const about = { pool, pool_state: now.state };
  const devices = Object.entries(now.vdevs ?? {}).flatMap(([vdev, { state }]) => {
    const from = was.vdevs && (known(was.vdevs, vdev)?.state ?? 'ONLINE');
    if (from === undefined || from === state) return [];
    const type = BAD.has(state)
      ? 'zfs.vdev.faulted'
      : state === 'ONLINE' && BAD.has(from)
        ? 'zfs.vdev.online'
        : undefined;
    return type === undefined ? [] : [tell(type, `${pool}/${vdev}`, { ...about, vdev, state })];
  });
  if (devices.length > 0 || was.state === now.state) return devices;
  if (BAD.has(now.state)) return [tell('zfs.vdev.faulted', pool, { ...about, state: now.state })];
  // The faulty device was replaced, or only the list can be read.
  return now.state === 'ONLINE' ? [tell('zfs.vdev.online', pool, { ...about, state: now.state })] : [];
}

function otherEvents(pool: string, was: PoolMemory, now: PoolMemory, tell: Tell): EventDraft[] {
  if (now.vdevs === undefined) return [];
  const about = { pool, pool_state: now.state };
  const checksums = Object.entries(now.vdevs).flatMap(([vdev, { checksums: count }]) =>
    count > ((was.vdevs && known(was.vdevs, vdev)?.checksums) ?? 0) && was.vdevs !== undefined
      ? [tell('zfs.vdev.checksum_error', `${pool}/${vdev}`, { ...about, vdev, errors: count })]
      : [],
  );
  const lost =
    now.dataErrors !== undefined && was.dataErrors === undefined && was.vdevs !== undefined
      ? [tell('zfs.data.error', pool, { ...about, message: now.dataErrors })]
      : [];
  if (now.scan === undefined || now.scan === was.scan || was.vdevs === undefined)
    return [...checksums, ...lost];
  const counted = /^(?:scrub repaired|resilvered) (\S{1,20}) in .{1,60} with (\d{1,12}) errors/.exec(
    now.scan,
  );
  const facts = {
    ...about,
    scan: now.scan,
    repaired: counted?.[1],
    errors: counted?.[2] === undefined ? undefined : Number(counted[2]),
  };
  // As zed has it: a pool that is whole and free of errors is good news.
  const severity = now.state === 'ONLINE' && facts.errors === 0 ? 'info' : 'warning';
  return [...checksums, ...lost, { ...tell('zfs.scrub.finished', pool, facts), severity }];
}
