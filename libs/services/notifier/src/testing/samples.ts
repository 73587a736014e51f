import type { Incident, Notification } from '@proxmox-mcp/schemas';

/** A backup that failed for one guest, as `state` publishes it. */
export function sampleIncident(change: Partial<Incident> = {}): Incident {
  return {
    id: 'inc-1',
    condition: 'backup.job.failed',
    key: 'atlas|job/backup-7c1e|backup.job.failed',
    status: 'open',
    severity: 'error',
    product: 'pve',
    cluster: 'atlas',
    node: 'pve1',
    guest: { kind: 'qemu', vmid: 104, name: 'db01' },
    storage: 'nas-backup',
    title: 'Backup job backup-7c1e failed on pve1',
    cause: 'VM 104 (db01): job failed with err -5 - Input/output error, on storage nas-backup',
    openedAt: '2026-03-14T01:07:31.000Z',
    updatedAt: '2026-03-14T01:07:31.000Z',
    facts: ['fact-1'],
    occurrences: 1,
    findings: [],
    timeline: [{ at: '2026-03-14T01:07:31.000Z', what: 'opened', text: 'opened' }],
    revision: 1,
    ...change,
  };
}

/** The same incident, over. */
export function sampleResolved(change: Partial<Incident> = {}): Incident {
  return sampleIncident({
    status: 'resolved',
    updatedAt: '2026-03-14T03:10:34.000Z',
    resolvedAt: '2026-03-14T03:10:34.000Z',
    resolution: 'succeeded',
    revision: 2,
    ...change,
  });
}

/** A notification as the first line publishes it. */
export function sampleNotification(change: Partial<Notification> = {}): Notification {
  return {
    id: 'inc-1-opened-test',
    channel: 'test',
    severity: 'error',
    kind: 'opened',
    title: 'ERROR: Backup job backup-7c1e failed on pve1',
    body: 'What: Backup job backup-7c1e failed on pve1\nWhy: job failed with err -5',
    link: 'https://mcp.example.net/incidents/inc-1',
    incidentId: 'inc-1',
    thread: 'inc-1',
    createdAt: '2026-03-14T01:07:36.000Z',
    ...change,
  };
}
