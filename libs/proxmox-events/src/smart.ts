/** What a message line of smartd says. */
export interface SmartMessage {
  /** Device without smartd's type suffix: `/dev/sdb`, `/dev/bus/0 [megaraid_disk_03]`. */
  readonly device: string;
  /** smartd's own word for the kind of failure (smartd.conf(5), `-M`), read from the text. */
  readonly failType?: string;
  /** Sectors or errors counted. */
  readonly count?: number;
}

/** Text → fail type, in the order they are tried (PROXMOX §D.2). */
const FAIL_TYPES: readonly (readonly [RegExp, string])[] = [
  [/FAILED SMART self-check|Critical Warning \(0x[0-9A-Fa-f]{1,4}\)/, 'Health'],
  [/unreadable \(pending\) sectors/, 'CurrentPendingSector'],
  [/Offline uncorrectable sectors/i, 'OfflineUncorrectableSector'],
  [/Failed SMART usage Attribute/, 'Usage'],
  [/Self-Test Log error count increased/i, 'SelfTest'],
  [/ATA error count increased|number of Error Log entries increased/i, 'ErrorCount'],
  [/[Uu]nable to open (?:\S{1,40} ){0,2}device/, 'FailedOpenDevice'],
  [/reached critical limit/, 'Temperature'],
];

/** Fail types that mean the disk is dying now, not that it may. */
const HEALTH: ReadonlySet<string> = new Set(['Health', 'FailedHealthCheck']);

const DEVICE =
  /^Device: (\/dev\/[^\s,]{1,200})(?: (\[[a-z0-9+]{1,30}_disk_[0-9/]{1,20}\]))?(?: \[[^\]]{1,60}\])?, ?(.*)$/;

/** Reads `Device: /dev/sdb [SAT], 8 Currently unreadable (pending) sectors`; `undefined` when it is no such line. */
export function readSmartMessage(message: string): SmartMessage | undefined {
  const match = DEVICE.exec(message.slice(0, 4_096));
  if (match?.[1] === undefined) return undefined;
  // Disks behind a RAID controller share its device; which of them it is stands in brackets.
  const device = match[2] === undefined ? match[1] : `${match[1]} ${match[2]}`;
  const said = match[3] ?? '';
  const failType = FAIL_TYPES.find(([pattern]) => pattern.test(said))?.[1];
  const counted = /^(\d{1,12}) |error count increased from \d{1,12} to (\d{1,12})/i.exec(said);
  const count = counted?.[1] ?? counted?.[2];
  return {
    device,
    ...(failType === undefined ? {} : { failType }),
    ...(count === undefined ? {} : { count: Number(count) }),
  };
}

/** Event type of a fail type: `disk.smart.failed` for health, `disk.smart.warning` for everything else. */
export function smartTypeOf(failType: string | undefined): 'disk.smart.failed' | 'disk.smart.warning' {
  return failType !== undefined && HEALTH.has(failType) ? 'disk.smart.failed' : 'disk.smart.warning';
}
