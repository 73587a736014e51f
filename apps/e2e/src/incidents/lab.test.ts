import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diagnostics } from '@proxmox-mcp/diagnostics';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { filters, requests, type Incident } from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { state } from '@proxmox-mcp/state';
import { hostsOf, watchLab, type WatchedLab } from '../websocket/watch-lab.ts';

let w: WatchedLab;
let dataDir: string;
const services: Service[] = [];
const told: { transition: string; incident: Incident }[] = [];

async function start(): Promise<void> {
  w = await watchLab();
  dataDir = await mkdtemp(join(tmpdir(), 'proxmox-mcp-e2e-'));
  told.length = 0;
  await w.bus.bus.subscribe<Incident>({ filters: [filters.allIncidents], from: 0 }, ({ subject, data }) => {
    told.push({ transition: subject.slice(subject.lastIndexOf('.') + 1), incident: data });
  });
  const more = { hosts: hostsOf(w.lab), dataDir };
  services.push(
    state.create(testContext(state.config.parse({}), w.bus.bus, more)),
    diagnostics.create(testContext(diagnostics.config.parse({}), w.bus.bus, more)),
  );
  await Promise.all(services.map((service) => service.start(new AbortController().signal)));
  await w.startService();
  await w.until(() => new Set(w.observations.map((o) => o.source)).size === 3, 60);
}

const incidents = async () => (await w.bus.bus.request(requests.incidents, { limit: 100 })).items;
const opened = (condition: string) =>
  told.filter(({ transition, incident }) => transition === 'opened' && incident.condition === condition);
const hasFinding = (condition: string) =>
  told.some(({ incident }) => incident.condition === condition && incident.findings.length > 0);

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop()));
  await w.close();
  await rm(dataDir, { recursive: true, force: true });
});

it('makes one incident of the nightly backup in which one guest fails, and finds the cause in the task log', async () => {
  await start();
  await w.lab.play('nightly-backup-failure').done;
  await w.until(() => hasFinding('backup.job.failed'), 120);
  expect(opened('backup.job.failed')).toHaveLength(1);
  const [incident, ...others] = await incidents();
  expect(others).toEqual([]);
  expect(incident).toMatchObject({
    status: 'open',
    node: 'pve1',
    storage: 'nas-backup',
    guest: { vmid: 104 },
    occurrences: 1,
  });
  expect(incident?.cause).toMatch(/104 \(\S+\) to nas-backup failed: .*Input\/output error/);
  expect(incident?.findings[0]).toMatchObject({ runbook: 'rb-32', id: 'rb-32/read-error' });
  expect(incident?.findings[0]?.claim).toMatch(/104 \(\S+\) to nas-backup/);
});

it('opens one incident for a node that loses power, says what is affected, and resolves it when the node is back', async () => {
  await start();
  const playing = w.lab.play('node-reboots');
  await w.until(() => hasFinding('node.state.offline'), 300);
  await playing.done;
  await w.until(() => told.some(({ transition }) => transition === 'resolved'), 300);
  expect(opened('node.state.offline')).toHaveLength(1);
  const offline = (await incidents()).filter((incident) => incident.condition === 'node.state.offline');
  expect(offline).toEqual([
    expect.objectContaining({ status: 'resolved', resolution: 'recovered', node: 'pve3' }),
  ]);
  expect(offline[0]?.findings[0]).toMatchObject({ runbook: 'rb-01' });
});
