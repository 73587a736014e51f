import type { Incident, TimelineEntry } from '@proxmox-mcp/schemas';

/** Entries kept of a timeline: the first, and the newest. */
const MAX_TIMELINE = 100;

/** An incident is a bus message and a key-value entry: NATS takes 1 MB of either. */
const MAX_BYTES = 400_000;

/** Keeps an incident small enough to travel: drops the middle of its timeline, then excerpts, then the oldest findings. */
export function bound(incident: Incident): Incident {
  let bounded: Incident = {
    ...incident,
    facts: incident.facts.slice(-200),
    timeline: withoutMiddle(incident.timeline, MAX_TIMELINE),
    findings: incident.findings.slice(-50),
  };
  if (sizeOf(bounded) > MAX_BYTES) bounded = { ...bounded, timeline: withoutMiddle(bounded.timeline, 20) };
  if (sizeOf(bounded) > MAX_BYTES)
    bounded = {
      ...bounded,
      findings: bounded.findings.map((finding) => ({
        ...finding,
        evidence: finding.evidence.map(({ source, ref }) => ({ source, ref })),
      })),
    };
  while (sizeOf(bounded) > MAX_BYTES && bounded.findings.length > 0)
    bounded = { ...bounded, findings: bounded.findings.slice(1) };
  return bounded;
}

function withoutMiddle(timeline: readonly TimelineEntry[], max: number): TimelineEntry[] {
  const [first] = timeline;
  if (first === undefined || timeline.length <= max) return [...timeline];
  return [first, ...timeline.slice(1 - max)];
}

const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
