import { createRandom } from './random.ts';

/** A physical disk of a machine. */
export interface LabDrive {
  /** Kernel name: `sda`. */
  readonly name: string;
  readonly kind: 'nvme' | 'ssd' | 'hdd';
  readonly model: string;
  readonly serial: string;
  readonly vendor: string;
  readonly wwn: string;
  readonly sizeBytes: number;
  readonly rpm: number;
  /** smartctl's word: `PASSED`, `FAILED!`. */
  health: string;
  /** Percent of life left, where the disk tells. */
  lifeLeft?: number;
}

/** A device of a ZFS pool. */
export interface LabVdev {
  readonly name: string;
  state: string;
  checksums: number;
}

/** A ZFS pool: one mirror of its devices. */
export interface LabZpool {
  readonly name: string;
  readonly sizeBytes: number;
  readonly allocBytes: number;
  readonly vdevs: LabVdev[];
  isSuspended: boolean;
  /** What `zpool status` says after `errors:` and `scan:`. */
  errors: string;
  scan: string;
}

/** A package that could be upgraded. */
export interface LabUpdate {
  readonly name: string;
  readonly installed?: string;
  readonly available: string;
}

/** What a PVE node or a PBS is as a machine. Times in epoch seconds. */
export interface LabMachine {
  readonly drives: LabDrive[];
  /** `undefined`: ZFS is not installed. */
  readonly zpools: LabZpool[] | undefined;
  /** Services that systemd gave up. */
  readonly failedServices: Set<string>;
  certificate: { startsAt: number; endsAt: number };
  updates: LabUpdate[];
  subscription: { status: string; dueDate?: string };
}

const DAY = 86_400;

/** A machine in good health, the same for the same name. */
export function makeMachine(
  name: string,
  options: { readonly nowSeconds: number; readonly zpool?: string },
): LabMachine {
  const random = createRandom(`machine ${name}`);
  const serial = (start: string) => `${start}${random.int(100_000, 999_999)}`;
  const { nowSeconds, zpool } = options;
  return {
    drives: [
      {
        name: 'nvme0n1',
        kind: 'nvme',
        model: 'Samsung_SSD_980_PRO_2TB',
        serial: serial('S4EVNX0R'),
        vendor: 'unknown',
        wwn: `eui.${random.hex(16)}`,
        sizeBytes: 2_000_398_934_016,
        rpm: 0,
        health: 'PASSED',
        lifeLeft: 96,
      },
      {
        name: 'sda',
        kind: 'hdd',
        model: 'ST4000NM0035-1V4107',
        serial: serial('ZC1'),
        vendor: 'ATA',
        wwn: `0x${random.hex(16)}`,
        sizeBytes: 4_000_787_030_016,
        rpm: 7_200,
        health: 'PASSED',
      },
    ],
    zpools: zpool === undefined ? undefined : [makeZpool(zpool, random.hex(8))],
    failedServices: new Set(),
    certificate: { startsAt: nowSeconds - 90 * DAY, endsAt: nowSeconds + 640 * DAY },
    updates: [{ name: 'pve-manager', installed: '9.2.11', available: '9.2.12' }],
    subscription: { status: 'notfound' },
  };
}

function makeZpool(name: string, id: string): LabZpool {
  return {
    name,
    sizeBytes: 966_367_641_600,
    allocBytes: 128_849_018_880,
    vdevs: ['a', 'b'].map((letter) => ({
      name: `/dev/disk/by-id/ata-LAB_${id}${letter}-part3`,
      state: 'ONLINE',
      checksums: 0,
    })),
    isSuspended: false,
    errors: 'No known data errors',
    scan: 'scrub repaired 0B in 00:12:31 with 0 errors on Sun Mar  8 00:36:32 2026',
  };
}

/** State of a pool as its devices have it. */
export function zpoolState({ isSuspended, vdevs }: LabZpool): string {
  if (isSuspended) return 'SUSPENDED';
  const good = vdevs.filter(({ state }) => state === 'ONLINE').length;
  if (good === vdevs.length) return 'ONLINE';
  return good > 0 ? 'DEGRADED' : 'UNAVAIL';
}

/** `zpool status` as the tree both products make of it. */
export function zpoolTree(pool: LabZpool): Record<string, unknown> {
  const state = zpoolState(pool);
  const counts = { read: 0, write: 0, cksum: 0, msg: '' };
  return {
    name: pool.name,
    state,
    scan: pool.scan,
    errors: pool.errors,
    leaf: 0,
    children: [
      {
        name: pool.name,
        state,
        ...counts,
        leaf: 0,
        children: [
          {
            name: 'mirror-0',
            state: state === 'SUSPENDED' ? 'ONLINE' : state,
            ...counts,
            leaf: 0,
            children: pool.vdevs.map((vdev) => ({
              ...counts,
              name: vdev.name,
              state: vdev.state,
              cksum: vdev.checksums,
              leaf: 1,
            })),
          },
        ],
      },
    ],
  };
}
