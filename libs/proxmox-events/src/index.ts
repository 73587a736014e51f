export { ACTIVITY_FAMILIES, CONDITION_TYPES, OUTCOMES, activityOf, isKnownType } from './taxonomy.ts';
export type { ActivityFamily, ConditionType, Outcome } from './taxonomy.ts';
export { raisedBySource, severityOf, severityOfSource } from './severity.ts';
export { titleOf } from './title.ts';
export { oneLine, stripControls } from './text.ts';
export { cleanText, tidyLine } from './clean-text.ts';
export type { CleanText } from './clean-text.ts';
export { clusterOf, createHostIndex, shortHost } from './inventory/host-index.ts';
export type { HostIndex, KnownHost } from './inventory/host-index.ts';
export { createLocalClock } from './local-clock.ts';
export type { LocalClock, WallTime } from './local-clock.ts';
export { normalizeNotification, recogniseNotification } from './notification/normalize-notification.ts';
export {
  guessedSeverityOf,
  isFenced,
  isOwnGotifyMessage,
  normalizeGotifyMessage,
  normalizeGotifyPost,
  readGotifyPost,
  severityOfPriority,
} from './notification/gotify-message.ts';
export type { GotifyNotification, GotifyPost, GotifyRefusal } from './notification/gotify-message.ts';
export type { NotificationInput, NotificationRoute } from './notification/notification.ts';
export type { NormalizeOptions } from './input.ts';
export { parseUpid } from './upid/parse-upid.ts';
export type { Upid } from './upid/parse-upid.ts';
export { familyOf } from './upid/worker-types.ts';
export { taskSubject } from './upid/task-subject.ts';
export type { TaskSubject } from './upid/task-subject.ts';
export { outcomeOf } from './task/outcome.ts';
export type { TaskOutcome } from './task/outcome.ts';
export { taskDraft } from './task/task-draft.ts';
export type { TaskEnd } from './task/task-draft.ts';
export { BadTaskRow, draftOfRow, readTaskRow } from './task/task-row.ts';
export type { TaskRow } from './task/task-row.ts';
export { diffTaskLists, readTaskList } from './task/task-list.ts';
export type { TaskList, TaskListDiff } from './task/task-list.ts';
export { normalizePbsTask, normalizeTask } from './task/normalize-task.ts';
export { normalizeTaskLog } from './task-log/normalize-task-log.ts';
export { diffDatastores, readDatastores } from './resources/diff-datastores.ts';
export type { DatastoreSnapshot } from './resources/diff-datastores.ts';
export { diffQuorum, readQuorum } from './resources/diff-ha-status.ts';
export type { QuorumView } from './resources/diff-ha-status.ts';
export { diffResources } from './resources/diff-resources.ts';
export type { ResourceDiff } from './resources/diff-resources.ts';
export { normalizeResources } from './resources/normalize-resources.ts';
export { readResources } from './resources/snapshot.ts';
export type { ResourceSnapshot } from './resources/snapshot.ts';
export { normalizeApiError } from './api-error/normalize-api-error.ts';
export type { ApiErrorKind } from './api-error/normalize-api-error.ts';
export { normalizeSyslogLine } from './syslog/normalize-syslog-line.ts';
export type { SyslogOutcome } from './syslog/normalize-syslog-line.ts';
export type { SyslogLine, SyslogOrigin } from './syslog/syslog-line.ts';
export { readOomMessage } from './syslog/oom.ts';
export type { OomMessage } from './syslog/oom.ts';
export { diffReplication, readReplicationFailures } from './resources/diff-replication.ts';
export type { ReplicationFailures, ReplicationRow } from './resources/diff-replication.ts';
export type { ConditionDiff, Whose } from './resources/condition-diff.ts';
export { diffCeph, readCeph } from './resources/diff-ceph.ts';
export type { CephSnapshot } from './resources/diff-ceph.ts';
export { diffCertificates, readCertificates } from './resources/diff-certificates.ts';
export type { CertificateSnapshot } from './resources/diff-certificates.ts';
export { diffCoverage, readCoverage } from './resources/diff-coverage.ts';
export type { CoverageGuests, CoverageSnapshot } from './resources/diff-coverage.ts';
export { diffDisks, readDisks } from './resources/diff-disks.ts';
export type { DiskSnapshot } from './resources/diff-disks.ts';
export { diffHa, readHa } from './resources/diff-ha.ts';
export type { HaSnapshot } from './resources/diff-ha.ts';
export { diffMembers, readMembers } from './resources/diff-members.ts';
export type { MemberView } from './resources/diff-members.ts';
export { diffServices, readServices } from './resources/diff-services.ts';
export type { ServiceSnapshot } from './resources/diff-services.ts';
export { diffSubscription, readSubscription } from './resources/diff-subscription.ts';
export type { SubscriptionSnapshot } from './resources/diff-subscription.ts';
export { diffUpdates, readUpdates } from './resources/diff-updates.ts';
export type { UpdateSnapshot } from './resources/diff-updates.ts';
export { diffZfs } from './resources/diff-zfs.ts';
export { readZfsPools } from './resources/zfs-pools.ts';
export type { ZfsSnapshot } from './resources/zfs-pools.ts';
