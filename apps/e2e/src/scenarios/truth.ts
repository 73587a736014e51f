import type { ExpectedFact, ExpectedIncident } from '@proxmox-mcp/lab-kit';
import type { Fact, Incident } from '@proxmox-mcp/schemas';
import type { Heard } from './hear-scenario.ts';

/** Incidents that the scenario ends up with. */
export function incidentsDue({ scenario }: Heard): ExpectedIncident[] {
  return [...scenario.expected.incidents];
}

/** What is wrong with the incidents: those that are missing, differ, or that nobody expected. Empty is right. */
export function faultsOfIncidents(heard: Heard, expected: readonly ExpectedIncident[]): string[] {
  const left = new Set(heard.incidents);
  const faults = expected.flatMap((wanted) => {
    const found = [...left].find((incident) => isThe(incident, wanted));
    if (found === undefined) return [`missing: ${JSON.stringify(wanted)}`];
    left.delete(found);
    return differences(found, wanted);
  });
  return [...faults, ...[...left].map((other) => `nobody expected: ${summary(other)}`)];
}

/** Facts of the scenario that were not found. */
export function missingFacts({ scenario, facts }: Heard): ExpectedFact[] {
  return scenario.expected.facts.filter((wanted) => !facts.some((fact) => isFact(fact, wanted)));
}

/** What is wrong with the messages: each incident is told at most once, and its end exactly when it was told. Empty is right. */
export function faultsOfMessages({ incidents, messages }: Heard): string[] {
  const faults: string[] = [];
  for (const incident of incidents) {
    const kinds = messages.filter(({ incidentId }) => incidentId === incident.id).map(({ kind }) => kind);
    const isOver = incident.status === 'resolved';
    const right = isOver ? [['opened', 'resolved'], []] : [['opened']];
    if (!right.some((order) => order.join() === kinds.join()))
      faults.push(`${summary(incident)} was told as: ${kinds.join(', ') || 'nothing'}`);
  }
  const known = new Set(incidents.map(({ id }) => id));
  for (const { incidentId, title } of messages)
    if (!known.has(incidentId)) faults.push(`about nothing: ${title}`);
  return faults;
}

/** Facts that tell the same thing twice: same type, object and time. */
export function doubledFacts({ facts }: Heard): string[] {
  const seen = new Set<string>();
  return facts.flatMap((fact) => {
    const { type, node, storage, guest, startedAt, upid } = fact;
    const key = JSON.stringify([
      type,
      node,
      storage,
      guest?.vmid,
      upid,
      fact.facts['sid'] ?? null,
      startedAt,
    ]);
    if (seen.has(key)) return [key];
    seen.add(key);
    return [];
  });
}

function isThe(incident: Incident, { condition, node, vmid, storage }: ExpectedIncident): boolean {
  return (
    incident.condition === condition &&
    (node === undefined || incident.node === node) &&
    (vmid === undefined || incident.guest?.vmid === vmid) &&
    (storage === undefined || incident.storage === storage)
  );
}

function differences(incident: Incident, wanted: ExpectedIncident): string[] {
  const { causeContains = [], resolved, occurrences } = wanted;
  const where = summary(incident);
  return [
    ...causeContains
      .filter((text) => incident.cause?.includes(text) !== true)
      .map((text) => `${where}: its cause lacks '${text}': ${incident.cause ?? 'none'}`),
    ...(resolved === undefined || resolved === (incident.status === 'resolved')
      ? []
      : [`${where}: is ${incident.status}`]),
    ...(occurrences === undefined || occurrences === incident.occurrences
      ? []
      : [`${where}: occurred ${incident.occurrences} times`]),
  ];
}

function isFact(fact: Fact, wanted: ExpectedFact): boolean {
  const { vmid, ...rest } = wanted;
  if (vmid !== undefined && fact.guest?.vmid !== vmid) return false;
  return Object.entries(rest).every(([key, value]) => fact[key as keyof ExpectedFact & keyof Fact] === value); // its own keys
}

const summary = ({ condition, node, storage, guest, title }: Incident) =>
  `${condition} of ${[node, storage, guest?.vmid].filter((part) => part !== undefined).join('/')} (${title})`;
