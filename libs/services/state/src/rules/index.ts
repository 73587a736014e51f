import { authFailures } from './auth-failures/rule.ts';
import { backupUncovered } from './backup-uncovered/rule.ts';
import { cephHealth } from './ceph-health/rule.ts';
import { certificateExpiring } from './certificate-expiring/rule.ts';
import { certificateRenewal } from './certificate-renewal/rule.ts';
import { clusterNetwork } from './cluster-network/rule.ts';
import { collectorBlind } from './collector-blind/rule.ts';
import { datastoreThreshold } from './datastore-threshold/rule.ts';
import { datastoreUnavailable } from './datastore-unavailable/rule.ts';
import { diskIoError } from './disk-io-error/rule.ts';
import { diskSmart } from './disk-smart/rule.ts';
import { diskWearout } from './disk-wearout/rule.ts';
import { guestDown } from './guest-down/rule.ts';
import { haManagerStale } from './ha-manager-stale/rule.ts';
import { haServiceError } from './ha-service-error/rule.ts';
import { mdraidDegraded } from './mdraid-degraded/rule.ts';
import { nfsTimeout } from './nfs-timeout/rule.ts';
import { nodeOffline } from './node-offline/rule.ts';
import { nodeUnknown } from './node-unknown/rule.ts';
import { notificationDelivery } from './notification-delivery/rule.ts';
import { oomKilled } from './oom-killed/rule.ts';
import { quorumLost } from './quorum-lost/rule.ts';
import { serviceFailed } from './service-failed/rule.ts';
import { sourceStorm } from './source-storm/rule.ts';
import { statdSlow } from './statd-slow/rule.ts';
import { storageUnavailable } from './storage-unavailable/rule.ts';
import { storageUsage } from './storage-usage/rule.ts';
import { subscription } from './subscription/rule.ts';
import { updates } from './updates/rule.ts';
import { zfsChecksumError } from './zfs-checksum-error/rule.ts';
import { zfsDataError } from './zfs-data-error/rule.ts';
import { zfsDegraded } from './zfs-degraded/rule.ts';
import { zfsSuspended } from './zfs-suspended/rule.ts';
import type { Rule } from './rule.ts';
import { rulesFile } from './settings.ts';

/** Every rule there is. Adding one is a folder and a line here. */
export const RULES: readonly [Rule, ...Rule[]] = [
  authFailures,
  backupUncovered,
  cephHealth,
  certificateExpiring,
  certificateRenewal,
  clusterNetwork,
  collectorBlind,
  datastoreThreshold,
  datastoreUnavailable,
  diskIoError,
  diskSmart,
  diskWearout,
  guestDown,
  haManagerStale,
  haServiceError,
  mdraidDegraded,
  nfsTimeout,
  nodeOffline,
  nodeUnknown,
  notificationDelivery,
  oomKilled,
  quorumLost,
  serviceFailed,
  sourceStorm,
  statdSlow,
  storageUnavailable,
  storageUsage,
  subscription,
  updates,
  zfsChecksumError,
  zfsDataError,
  zfsDegraded,
  zfsSuspended,
];

const [first, ...others] = RULES;
/** What `config/rules.yaml` may hold. */
export const RulesYaml = rulesFile([first.name, ...others.map(({ name }) => name)]);
