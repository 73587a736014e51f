import { BUCKETS, filters, requests, STREAMS, subjects } from './subjects.ts';

// What scripts and other versions rely on: a change here is a decision.
it('names streams, subjects, requests and buckets as the contract does', () => {
  expect(STREAMS).toEqual({
    EVENTS: 'events.>',
    RAW: 'raw.>',
    FACTS: 'facts.>',
    INCIDENTS: 'incidents.>',
    NOTIFICATIONS: 'notifications.>',
    CHANGES: 'changes.>',
    OBSERVATIONS: 'observations.>',
    FINDINGS: 'findings.>',
    DEADLETTER: 'deadletter.>',
  });
  expect([
    subjects.event('api', 'guest.start.started'),
    subjects.raw('syslog'),
    subjects.fact('guest.start.started'),
    subjects.incident('inc-1', 'opened'),
    subjects.notification('gotify'),
    subjects.observation('atlas'),
    subjects.diagnosis('inc-1'),
    subjects.deadLetter('ingest-syslog'),
    filters.eventsOf('email'),
  ]).toEqual([
    'events.api.guest.start.started',
    'raw.syslog',
    'facts.guest.start.started',
    'incidents.inc-1.opened',
    'notifications.gotify',
    'observations.atlas',
    'findings.inc-1',
    'deadletter.ingest-syslog',
    'events.email.>',
  ]);
  expect(requests).toEqual({
    events: 'state.query.events',
    facts: 'state.query.facts',
    incidents: 'state.query.incidents',
    raw: 'state.query.raw',
    deadLetters: 'state.query.deadletters',
    incidentCommand: 'state.command.incident',
    maintenance: 'state.command.maintenance',
    silence: 'notifier.command.silence',
    explain: 'notifier.query.explain',
    preview: 'notifier.query.preview',
    redrive: 'notifier.command.redrive',
  });
  expect(BUCKETS).toEqual([
    'STATE',
    'INCIDENTS',
    'CHANGES',
    'DELIVERIES',
    'SILENCES',
    'MAINTENANCE',
    'ACTS',
    'LEASES',
    'CURSORS',
  ]);
});
