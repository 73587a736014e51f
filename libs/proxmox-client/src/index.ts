export { createPveClient } from './pve/client.ts';
export type { PveClient } from './pve/client.ts';
export { createPbsClient } from './pbs/client.ts';
export type { PbsClient } from './pbs/client.ts';
export { waitForTask } from './wait-for-task.ts';
export type { TaskEnd, WaitForTaskOptions } from './wait-for-task.ts';
export { checkAccess } from './check-access.ts';
export type { AccessReport, CapabilityCheck } from './check-access.ts';
export { CAPABILITIES } from './capabilities.ts';
export { grantCommand, grantFor } from './grant.ts';
export type { Capability } from './capabilities.ts';
export { ProxmoxError } from './error.ts';
export type { ProxmoxErrorKind } from './error.ts';
export { readUpid } from './upid.ts';
export type { UpidParts } from './upid.ts';
export { systemClock } from './clock.ts';
export type { Clock } from './clock.ts';
export type { HostAccess, HostAuth, HostEndpoint, HostTls } from '@proxmox-mcp/schemas';
export type { ClientLog, ClientOptions, RequestRecord } from './options.ts';
export type { Api, Call, CallOptions } from './api.ts';
export type { EndpointState } from './fail-over.ts';
export type { Answer } from './read-answer.ts';
export type { Params } from './path.ts';
export type { PeerCertificate } from './transport/connector.ts';
export { createTrustedConnector } from './transport/trusted-connector.ts';
export { serverTrouble } from './transport/server-trouble.ts';
export type { ServerSettings } from './transport/server-trouble.ts';
export type { LogPage, LogRange, TaskApi, TaskRef } from './tasks.ts';
export type { PveTaskQuery } from './pve/task.ts';
export type { PbsTaskQuery } from './pbs/node.ts';
export type { SnapshotQuery } from './pbs/datastore.ts';
export type { GuestAddress, GuestConfig } from './pve/guest.ts';
export type { JournalPage, JournalRange } from './pve/node.ts';
export { NOTIFICATIONS_ROOT } from './notifications.ts';
export type {
  MatcherSettings,
  NewMatcher,
  NewWebhook,
  TargetType,
  UpdateOptions,
  WebhookSettings,
} from './notifications.ts';
export type { NotificationMatcher, NotificationTarget, WebhookTarget } from './normalize/notifications.ts';
export type { Page } from './normalize/read.ts';
export type { Task } from './normalize/task.ts';
export type {
  BackupJob,
  ClusterLogEntry,
  ClusterStatus,
  HaStatus,
  NotBackedUp,
  Permissions,
  ReplicationStatus,
  Version,
} from './normalize/cluster.ts';
export type {
  Certificate,
  Disk,
  LogLine,
  NetworkInterface,
  NodeSample,
  NodeStatus,
  NodeStorage,
  PackageUpdate,
  Service,
  Subscription,
  Volume,
  ZfsPool,
} from './normalize/node.ts';
export type {
  GuestResource,
  GuestStatus,
  NodeResource,
  OtherResource,
  Resource,
  Snapshot,
  StorageResource,
} from './normalize/resources.ts';
export type {
  BackupGroup,
  BackupSnapshot,
  DatastoreStatus,
  DatastoreUsage,
  GarbageCollection,
  PbsJob,
} from './normalize/pbs.ts';
