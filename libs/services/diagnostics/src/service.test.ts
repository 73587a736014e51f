import { ProxmoxError } from '@proxmox-mcp/proxmox-client';
import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import { filters, requests, subjects, type Diagnosis, type Fact, type Incident } from '@proxmox-mcp/schemas';
import type { Consumer } from '@proxmox-mcp/bus';
import type { Service } from '@proxmox-mcp/service-kit';
import { sampleHost, startDiagnostics, type TestDiagnostics } from './testing/scripted-lab.ts';

const UPID = 'UPID:pve1:0003A1F2:0A5C11D3:69B4B314:vzdump::root@pam:';
const LOG = `INFO: starting new backup job: vzdump 101 104 --storage nas-backup --mode snapshot
INFO: Starting Backup of VM 101 (qemu)
INFO: VM Name: web01
INFO: Finished Backup of VM 101 (00:04:27)
INFO: Starting Backup of VM 104 (qemu)
INFO: VM Name: db01
ERROR: job failed with err -28 - No space left on device
ERROR: Backup of VM 104 failed - job failed with err -28 - No space left on device
INFO: Backup job finished with errors
TASK ERROR: job errors`.split('\n');

function sampleIncident(more: Partial<Incident> = {}): Incident {
  return {
    id: 'inc-1', condition: 'backup.job.failed', key: 'atlas|node/pve1/job/b|backup.job.failed', status: 'open',
    severity: 'error', product: 'pve', cluster: 'atlas', node: 'pve1', title: 'Backup failed on pve1',
    openedAt: '2026-03-14T01:07:27.000Z', updatedAt: '2026-03-14T01:07:27.000Z', facts: [UPID], occurrences: 1,
    findings: [], timeline: [], revision: 1, ...more,
  }; // prettier-ignore
}

const FACT: Fact = {
  id: UPID, type: 'backup.job.failed', severity: 'error', product: 'pve', cluster: 'atlas', node: 'pve1', upid: UPID,
  status: 'job errors', startedAt: '2026-03-14T01:00:00.000Z', endedAt: '2026-03-14T01:07:27.000Z', title: 'x', members: [],
  facts: { error: 'job errors' }, links: [], revision: 1,
}; // prettier-ignore

describe('the diagnostics service on a bus', () => {
  let t: TestBus;
  const running: (Service | Consumer)[] = [];
  beforeEach(async () => {
    t = await openTestBus();
  });
  afterEach(async () => {
    for (const part of running.splice(0)) await part.stop();
    await t.close();
  });

  async function start(
    options: Omit<TestDiagnostics, 'bus'> = {},
    facts: readonly Fact[] = [FACT],
  ): Promise<void> {
    running.push(
      await t.bus.answer(requests.facts, 'state', ({ id }) => ({
        items: facts.filter((fact) => id === undefined || fact.id === id),
      })),
    );
    running.push(await startDiagnostics({ bus: t.bus, ...options }));
  }
  const publish = (incident: Incident, transition: 'opened' | 'updated' = 'opened') =>
    t.bus.publish(subjects.incident(incident.id, transition), incident, {
      id: `${incident.id}/${incident.revision}`,
    });
  async function diagnosisWhen(when: (diagnosis: Diagnosis) => boolean = () => true): Promise<Diagnosis> {
    const { promise, resolve } = Promise.withResolvers<Diagnosis>();
    const tail = await t.bus.subscribe<Diagnosis>(
      { filters: [filters.allDiagnoses], from: 0 },
      ({ data }) => {
        if (when(data)) resolve(data);
      },
    );
    const found = await promise;
    await tail.stop();
    return found;
  }

  it('names guest, error and storage of a failed backup from the task log', async () => {
    await start({
      readers: () => ({
        taskLog: async () => LOG,
        storages: async () => [
          {
            storage: 'nas-backup',
            content: [],
            shared: true,
            enabled: true,
            active: true,
            used: 98,
            total: 100,
          },
        ],
        resources: async () => [],
      }),
    });
    await publish(sampleIncident());
    const diagnosis = await diagnosisWhen();
    expect(diagnosis.missing).toEqual([]);
    expect(diagnosis.findings).toHaveLength(1);
    expect(diagnosis.findings[0]).toMatchObject({
      id: 'rb-32/no-space',
      confidence: 'high',
      subject: '104 (db01)',
    });
    expect(diagnosis.findings[0]?.claim).toBe(
      'Backup of 104 (db01) to nas-backup failed: no space is left on nas-backup, 98 % used now ("job failed with err -28 - No space left on device")',
    );
    expect(diagnosis.findings[0]?.evidence[0]).toMatchObject({ source: 'task log', ref: UPID });
    expect(diagnosis.findings[0]?.ruledOut).toContain('a fault of the whole job: 1 other guest went well');
  });

  it('finds the task by the node when only a notification told of it', async () => {
    const notification: Fact = { ...FACT, id: 'event/x' };
    delete (notification as { upid?: string }).upid;
    await start(
      {
        readers: () => ({
          failedBackups: async () => [
            {
              upid: UPID,
              node: 'pve1',
              type: 'vzdump',
              user: 'root@pam',
              starttime: 1_773_450_004,
              endtime: 1_773_450_447,
              isRunning: false,
              exitStatus: 'job errors',
            },
          ],
          taskLog: async () => LOG,
          storages: async () => [],
          resources: async () => [],
        }),
      },
      [notification],
    );
    await publish(sampleIncident({ facts: ['event/x'], updatedAt: '2026-03-14T01:07:30.000Z' }));
    const diagnosis = await diagnosisWhen();
    expect(diagnosis.findings[0]).toMatchObject({ id: 'rb-32/no-space' });
    expect(diagnosis.missing).toEqual([
      'storage nas-backup: not shown to us on pve1; needs Datastore.Audit on /storage/nas-backup',
    ]);
  });

  it('answers with what it has, and names what is missing and why', async () => {
    const denied = new ProxmoxError({
      kind: 'permission',
      host: 'atlas',
      method: 'GET',
      path: '/x',
      detail: 'Permission check failed',
      status: 403,
      aclPath: '/nodes/pve1',
      privileges: ['Sys.Audit'],
    });
    const fact: Fact = {
      ...FACT,
      facts: {
        error: 'job errors',
        guests: [{ vmid: 104, name: 'db01', status: 'err', error: 'VM is locked (backup)' }],
      },
    };
    await start(
      {
        readers: () => ({
          taskLog: () => Promise.reject(denied),
          storages: () => Promise.reject(denied),
          resources: async () => [],
        }),
      },
      [fact],
    );
    await publish(sampleIncident({ storage: 'nas-backup' }));
    const diagnosis = await diagnosisWhen();
    expect(diagnosis.findings[0]).toMatchObject({ id: 'rb-32/guest-locked' });
    expect(diagnosis.findings[0]?.claim).toContain('Backup of 104 (db01) to nas-backup');
    expect([...diagnosis.missing].sort()).toEqual([
      'storages of pve1: needs Sys.Audit on /nodes/pve1',
      'task log: needs Sys.Audit on /nodes/pve1',
    ]);
  });

  it('asks the members about a node that is offline, each for itself', async () => {
    const asked: string[] = [];
    await start(
      {
        hosts: [sampleHost('atlas', ['192.0.2.11', '192.0.2.13', '192.0.2.14'])],
        readers: ({ endpoints }) => ({
          clusterStatus: async () => {
            asked.push(endpoints.map((endpoint) => endpoint.host).join());
            return [
              { type: 'cluster', name: 'atlas', quorate: true },
              { type: 'node', name: 'pve1', online: true, local: true },
              { type: 'node', name: 'pve2', online: false, local: false },
            ];
          },
          nodeUptime: () =>
            Promise.reject(
              new ProxmoxError({
                kind: 'peer-unreachable',
                host: 'atlas',
                method: 'GET',
                path: '/x',
                detail: 'No route to host',
                status: 595,
              }),
            ),
          haStatus: async () => [],
          resources: async () => [
            {
              type: 'qemu',
              vmid: 104,
              name: 'db01',
              node: 'pve2',
              status: 'unknown',
              template: false,
              tags: [],
            },
          ],
          clusterTasks: async () => [],
        }),
      },
      [],
    );
    await publish(sampleIncident({ condition: 'node.state.offline', node: 'pve2', facts: [] }));
    const diagnosis = await diagnosisWhen();
    expect(asked.sort()).toEqual(['192.0.2.11', '192.0.2.13', '192.0.2.14']);
    expect(diagnosis).toMatchObject({
      runbook: 'rb-01',
      missing: [],
      findings: [{ id: 'rb-01/down', confidence: 'high' }],
    });
    expect(diagnosis.findings[0]?.claim).toContain('1 guest affected: 104 (db01)');
  });

  it('runs again when more is known, and not when only its own finding came back', async () => {
    let reads = 0;
    await start({
      readers: () => ({
        taskLog: async () => (reads++ === 0 ? LOG.slice(0, 2) : LOG),
        storages: async () => [],
        resources: async () => [],
      }),
    });
    await publish(sampleIncident());
    await diagnosisWhen();
    await publish(sampleIncident({ revision: 2, cause: 'grown' }), 'updated');
    await diagnosisWhen(({ findings }) => findings[0]?.id === 'rb-32/no-space');
    await publish(sampleIncident({ revision: 3, cause: 'grown', findings: [] }), 'updated');
    await publish(sampleIncident({ id: 'inc-2', revision: 1 }));
    await diagnosisWhen(({ incidentId }) => incidentId === 'inc-2');
    expect(reads).toBe(3);
  });

  it('does nothing by itself when ENABLE_AGENT is off, and still forwards', async () => {
    const sent: { url: string; body: unknown; key: string | null }[] = [];
    const { promise, resolve } = Promise.withResolvers<undefined>();
    let reads = 0;
    await start({
      settings: { ENABLE_AGENT: 'no', AGENT_SERVER_URL: 'https://agent.example.net/hook' },
      readers: () => ({ taskLog: async () => LOG.slice(0, ++reads) }),
      fetch: async (url, init) => {
        const headers = new Headers(init?.headers);
        sent.push({
          url: url as string,
          body: JSON.parse(init?.body as string),
          key: headers.get('idempotency-key'),
        });
        if (sent.length === 2) resolve(undefined);
        return new Response(null, { status: sent.length === 1 ? 503 : 204 });
      },
    });
    await publish(sampleIncident());
    await promise;
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual({
      url: 'https://agent.example.net/hook',
      body: { transition: 'opened', incident: sampleIncident() },
      key: 'inc-1/1',
    });
    expect(reads).toBe(0);
    expect(await t.bus.lastSeq('FINDINGS')).toBe(0);
  });
});
