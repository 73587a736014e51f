import type { DeadLetter } from './dead-letter.ts';
import type { Channel, Event } from './event.ts';
import type { Fact } from './fact.ts';
import type { Diagnosis } from './finding.ts';
import type { Incident, IncidentTransition } from './incident.ts';
import type { Notification } from './notification.ts';
import type { Observation } from './observation.ts';
import type {
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
import type {
  ExplainAnswer,
  ExplainQuery,
  MaintenanceAnswer,
  MaintenanceCommand,
  PreviewAnswer,
  PreviewQuery,
  RedriveAnswer,
  RedriveCommand,
  SilenceAnswer,
  SilenceCommand,
} from './window.ts';
import type { RawInputs } from './raw-input.ts';
import { token } from './state.ts';

declare const payload: unique symbol;
declare const answer: unique symbol;

/** A subject that carries payloads of type `T` and nothing else: publishing another type does not compile. */
export type Subject<T> = string & { readonly [payload]: T };
/** A pattern over subjects, with `*` (one token) and `>` (the rest). */
export type Filter<T> = string & { readonly [payload]: T };
/** A subject to ask a question on. */
export type RequestSubject<Q, A> = string & { readonly [payload]: Q; readonly [answer]: A };

const subject = <T>(text: string) => text as Subject<T>;
const filter = <T>(text: string) => text as Filter<T>;

/** Every subject of the bus. Pinned as literals by `subjects.test.ts` (CONTRACT §4). */
export const subjects = {
  event: (channel: Channel, type: string) => subject<Event>(`events.${channel}.${type}`),
  raw: (channel: Channel) => subject<RawInputs>(`raw.${channel}`),
  fact: (type: string) => subject<Fact>(`facts.${type}`),
  incident: (id: string, transition: IncidentTransition) =>
    subject<Incident>(`incidents.${id}.${transition}`),
  notification: (channel: string) => subject<Notification>(`notifications.${channel}`),
  observation: (source: string) => subject<Observation>(`observations.${token(source)}`),
  diagnosis: (incidentId: string) => subject<Diagnosis>(`findings.${incidentId}`),
  deadLetter: (service: string) => subject<DeadLetter>(`deadletter.${service}`),
} as const;

/** Patterns consumers read by. */
export const filters = {
  allEvents: filter<Event>('events.>'),
  eventsOf: (channel: Channel) => filter<Event>(`events.${channel}.>`),
  allRaw: filter<RawInputs>('raw.>'),
  allFacts: filter<Fact>('facts.>'),
  allIncidents: filter<Incident>('incidents.>'),
  incidentsOpened: filter<Incident>('incidents.*.opened'),
  incidentsResolved: filter<Incident>('incidents.*.resolved'),
  allNotifications: filter<Notification>('notifications.*'),
  allObservations: filter<Observation>('observations.>'),
  allDiagnoses: filter<Diagnosis>('findings.>'),
  allDeadLetters: filter<DeadLetter>('deadletter.>'),
} as const;

const request = <Q, A>(text: string) => text as RequestSubject<Q, A>;

/** Questions that need an answer now. */
export const requests = {
  events: request<EventsQuery, EventsAnswer>('state.query.events'),
  facts: request<FactsQuery, FactsAnswer>('state.query.facts'),
  incidents: request<IncidentsQuery, IncidentsAnswer>('state.query.incidents'),
  raw: request<RawQuery, RawAnswer>('state.query.raw'),
  deadLetters: request<DeadLettersQuery, DeadLettersAnswer>('state.query.deadletters'),
  incidentCommand: request<IncidentCommand, IncidentCommandAnswer>('state.command.incident'),
  maintenance: request<MaintenanceCommand, MaintenanceAnswer>('state.command.maintenance'),
  silence: request<SilenceCommand, SilenceAnswer>('notifier.command.silence'),
  explain: request<ExplainQuery, ExplainAnswer>('notifier.query.explain'),
  preview: request<PreviewQuery, PreviewAnswer>('notifier.query.preview'),
  redrive: request<RedriveCommand, RedriveAnswer>('notifier.command.redrive'),
} as const;

/** Streams: name → the subjects it keeps. A subject belongs to exactly one stream, named by its first token. */
export const STREAMS = {
  EVENTS: 'events.>',
  RAW: 'raw.>',
  FACTS: 'facts.>',
  INCIDENTS: 'incidents.>',
  NOTIFICATIONS: 'notifications.>',
  CHANGES: 'changes.>',
  OBSERVATIONS: 'observations.>',
  FINDINGS: 'findings.>',
  DEADLETTER: 'deadletter.>',
} as const;
export type StreamName = keyof typeof STREAMS;

/** Key-value buckets. LEASES and CURSORS are the ingestors' own; DELIVERIES and SILENCES are the notifier's, MAINTENANCE is the state's, ACTS holds what links in messages are made and used with. */
export const BUCKETS = [
  'STATE',
  'INCIDENTS',
  'CHANGES',
  'DELIVERIES',
  'SILENCES',
  'MAINTENANCE',
  'ACTS',
  'LEASES',
  'CURSORS',
] as const;
export type BucketName = (typeof BUCKETS)[number];
