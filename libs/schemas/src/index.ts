export { Severity, compareSeverity, maxSeverity } from './severity.ts';
export { Entity, GuestRef, Product } from './entity.ts';
export { Channel, Event, EventType, Timestamp, UntrustedText } from './event.ts';
export { Fact, Relation } from './fact.ts';
export { Diagnosis, Evidence, Finding } from './finding.ts';
export { Incident, IncidentStatus, IncidentTransition, Suppression, TimelineEntry, Why } from './incident.ts';
export { Duration } from './duration.ts';
export { Match, globFits, matches } from './match.ts';
export type { Matchable } from './match.ts';
export {
  ExplainAnswer,
  ExplainQuery,
  MaintenanceAnswer,
  MaintenanceCommand,
  MaintenanceWindow,
  PreviewAnswer,
  PreviewQuery,
  RedriveAnswer,
  RedriveCommand,
  Silence,
  SilenceAnswer,
  SilenceCommand,
} from './window.ts';
export { ChannelName, DeliveryReceipt, Notification, OWN_NOTIFICATION } from './notification.ts';
export { DeadLetter } from './dead-letter.ts';
export { KeptInput, RAW_MAX_BYTES, RAW_MAX_INPUTS, RawFormat, RawInput, RawInputs } from './raw-input.ts';
export { redact } from './redact.ts';
export {
  DatastoreRow,
  GuestRow,
  JobRow,
  NodeRow,
  Observation,
  ObservedRow,
  StorageRow,
  rowKey,
} from './observation.ts';
export {
  ChannelState,
  DatastoreState,
  Degradation,
  GuestState,
  JobState,
  NodeState,
  SourceState,
  StorageState,
  stateKeys,
  token,
  untoken,
} from './state.ts';
export {
  DeadLettersAnswer,
  DeadLettersQuery,
  EventsAnswer,
  EventsQuery,
  FactsAnswer,
  FactsQuery,
  IncidentCommand,
  IncidentCommandAnswer,
  IncidentsAnswer,
  IncidentsQuery,
  RawAnswer,
  RawQuery,
} from './queries.ts';
export { BUCKETS, STREAMS, filters, requests, subjects } from './subjects.ts';
export type { BucketName, Filter, RequestSubject, StreamName, Subject } from './subjects.ts';
export { Inventory, InventorySource, WebhookMapping } from './inventory.ts';
export type { ApiErrorReading, EventDraft, NormalizeResult } from './draft.ts';
export type { HostAccess, HostAuth, HostEndpoint, HostTls } from './host.ts';
