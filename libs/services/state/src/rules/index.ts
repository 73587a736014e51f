import { authFailures } from './auth-failures/rule.ts';
import { backupJobConfig } from './backup-job-config/rule.ts';
import { backupUncovered } from './backup-uncovered/rule.ts';
import { cephHealth } from './ceph-health/rule.ts';
import { certificateExpiring } from './certificate-expiring/rule.ts';
import { certificateRenewal } from './certificate-renewal/rule.ts';
import { clusterNetwork } from './cluster-network/rule.ts';
import { collectorBlind } from './collector-blind/rule.ts';
import { datastoreEta } from './datastore-eta/rule.ts';
import { datastoreThreshold } from './datastore-threshold/rule.ts';
import { datastoreUnavailable } from './datastore-unavailable/rule.ts';
import { datastoreUsage } from './datastore-usage/rule.ts';
import { diskIoError } from './disk-io-error/rule.ts';
import { diskSmart } from './disk-smart/rule.ts';
import { diskWearout } from './disk-wearout/rule.ts';
import { gcOverdue } from './gc-overdue/rule.ts';
import { guestCpu } from './guest-cpu/rule.ts';
import { guestDisk } from './guest-disk/rule.ts';
import { guestDown } from './guest-down/rule.ts';
import { guestLock } from './guest-lock/rule.ts';
import { guestMemory } from './guest-memory/rule.ts';
import { haMaintenance } from './ha-maintenance/rule.ts';
import { haManagerStale } from './ha-manager-stale/rule.ts';
import { haServiceError } from './ha-service-error/rule.ts';
import { mdraidDegraded } from './mdraid-degraded/rule.ts';
import { nfsTimeout } from './nfs-timeout/rule.ts';
import { nodeCpu } from './node-cpu/rule.ts';
import { nodeIowait } from './node-iowait/rule.ts';
import { nodeMemory } from './node-memory/rule.ts';
import { nodeOffline } from './node-offline/rule.ts';
import { nodePsiIo } from './node-psi-io/rule.ts';
import { nodePsiMemory } from './node-psi-memory/rule.ts';
import { nodeRootfs } from './node-rootfs/rule.ts';
import { nodeUnknown } from './node-unknown/rule.ts';
import { notificationDelivery } from './notification-delivery/rule.ts';
import { oomKilled } from './oom-killed/rule.ts';
import { pbsJobFailed } from './pbs-job-failed/rule.ts';
import { pbsJobOverdue } from './pbs-job-overdue/rule.ts';
import { quorumLost } from './quorum-lost/rule.ts';
import { replicationFailing } from './replication-failing/rule.ts';
import { replicationLag } from './replication-lag/rule.ts';
import { serviceFailed } from './service-failed/rule.ts';
import { sourceStorm } from './source-storm/rule.ts';
import { statdSlow } from './statd-slow/rule.ts';
import { storageEta } from './storage-eta/rule.ts';
import { storageUnavailable } from './storage-unavailable/rule.ts';
import { storageUsage } from './storage-usage/rule.ts';
import { subscription } from './subscription/rule.ts';
import { updates } from './updates/rule.ts';
import { verifyOverdue } from './verify-overdue/rule.ts';
import { versionSkew } from './version-skew/rule.ts';
import { zfsChecksumError } from './zfs-checksum-error/rule.ts';
import { zfsDataError } from './zfs-data-error/rule.ts';
import { zfsDegraded } from './zfs-degraded/rule.ts';
import { zfsSuspended } from './zfs-suspended/rule.ts';
import type { Rule } from './rule.ts';
import { rulesFile } from './settings.ts';

/** Every rule there is. Adding one is a folder and a line here. */
export const RULES: readonly [Rule, ...Rule[]] = [
  authFailures,
  backupJobConfig,
  backupUncovered,
  cephHealth,
  certificateExpiring,
  certificateRenewal,
  clusterNetwork,
  collectorBlind,
  datastoreEta,
  datastoreThreshold,
  datastoreUnavailable,
  datastoreUsage,
  diskIoError,
  diskSmart,
  diskWearout,
  gcOverdue,
  guestCpu,
  guestDisk,
  guestDown,
  guestLock,
  guestMemory,
  haMaintenance,
  haManagerStale,
  haServiceError,
  mdraidDegraded,
  nfsTimeout,
  nodeCpu,
  nodeIowait,
  nodeMemory,
  nodeOffline,
  nodePsiIo,
  nodePsiMemory,
  nodeRootfs,
  nodeUnknown,
  notificationDelivery,
  oomKilled,
  pbsJobFailed,
  pbsJobOverdue,
  quorumLost,
  replicationFailing,
  replicationLag,
  serviceFailed,
  sourceStorm,
  statdSlow,
  storageEta,
  storageUnavailable,
  storageUsage,
  subscription,
  updates,
  verifyOverdue,
  versionSkew,
  zfsChecksumError,
  zfsDataError,
  zfsDegraded,
  zfsSuspended,
];

const [first, ...others] = RULES;
/** What `config/rules.yaml` may hold. */
export const RulesYaml = rulesFile([first.name, ...others.map(({ name }) => name)]);
