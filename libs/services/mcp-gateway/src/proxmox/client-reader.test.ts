import {
  jsonReply,
  makeCertificate,
  startFakeHost,
  textReply,
  type FakeHost,
} from '@proxmox-mcp/proxmox-client/testing';
import { createProxmoxReader } from './client-reader.ts';
import { readSections, type ProxmoxReader } from './reader.ts';

const silent = { warn: () => undefined, debug: () => undefined };
const never = new AbortController().signal;

let host: FakeHost;
let reader: ProxmoxReader;
beforeAll(async () => {
  host = await startFakeHost(makeCertificate());
  reader = createProxmoxReader([{ ...host.config(), kind: 'cluster' }], silent);
});
afterAll(async () => {
  await reader.close();
  await host.close();
});

it('reads by GET alone, through the configured host', async () => {
  host.answer(() => jsonReply({ data: [{ n: 1, t: 'line' }], total: 42 }));
  expect(await reader.get('lab', '/nodes/pve1/tasks/x/log', { query: { start: 0, limit: 1 } })).toMatchObject(
    {
      data: [{ n: 1, t: 'line' }],
      total: 42,
    },
  );
  expect(host.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
    'GET /api2/json/nodes/pve1/tasks/x/log?start=0&limit=1',
  ]);
});

it('answers in part, and names the privilege that the host says is missing', async () => {
  host.answer(({ target }) =>
    target.endsWith('/services')
      ? jsonReply({ data: [{ name: 'pveproxy' }] })
      : jsonReply({ data: null }, '403 Permission check failed (/nodes/pve1, Sys.Modify)'),
  );
  const sections = {
    services: { path: '/nodes/pve1/services', privilege: 'Sys.Audit on /nodes/pve1' },
    updates: { path: '/nodes/pve1/apt/update', privilege: 'Sys.Modify on /nodes/pve1' },
  };
  expect(await readSections(reader, 'lab', sections, never)).toEqual({
    parts: { services: [{ name: 'pveproxy' }] },
    degraded: [
      { where: 'lab /nodes/pve1/apt/update', reason: 'privilege', detail: 'Sys.Modify on /nodes/pve1' },
    ],
  });
});

it.each([
  [
    'a node that does not answer',
    () => jsonReply({ data: null }, '595 Connection refused'),
    'node-unreachable',
  ],
  ['refused credentials', () => jsonReply({ data: null }, '401 invalid token value!'), 'auth'],
  [
    'an answer that is no JSON',
    () => textReply('<!DOCTYPE html>', '200 OK', ['Content-Type: text/html']),
    'not-json',
  ],
])('names %s', async (_what, reply, reason) => {
  host.answer(reply);
  await expect(reader.get('lab', '/nodes/pve1/services')).rejects.toMatchObject({
    name: 'ReadFailed',
    degraded: { where: 'lab', reason },
  });
});

it('names a host this process has no settings for', async () => {
  await expect(reader.get('elsewhere', '/version')).rejects.toMatchObject({
    degraded: { where: 'elsewhere', reason: 'not-configured' },
  });
});
