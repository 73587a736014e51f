import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import * as z from 'zod';
import { createLog } from './log.ts';
import { runServices } from './run-services.ts';
import { defineService, type Service, type ServiceDefinition } from './service.ts';
import { startServices } from './start-services.ts';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'service-kit-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const quiet = createLog('fatal', new Writable({ write: (_chunk, _encoding, done) => done() }));
const env = (more: Record<string, string> = {}) => ({
  DATA_DIR: join(dir, 'data'),
  ADMIN_PORT: '0',
  ...more,
});
const options = (more: Record<string, string> = {}) => ({
  env: env(more),
  envFile: join(dir, '.env'),
  configDir: dir,
  log: quiet,
});

function service(name: string, calls: string[], own: Partial<Service> = {}): ServiceDefinition {
  return defineService({
    name,
    config: z.object({}),
    create: () => ({
      start: async () => void calls.push(`start ${name}`),
      stop: async () => void calls.push(`stop ${name}`),
      ...own,
    }),
  });
}

it('starts every service and stops them in reverse order', async () => {
  const calls: string[] = [];
  const running = await startServices([service('a', calls), service('b', calls)], options());
  await running.stop();
  await running.stop();
  expect(calls).toEqual(['start a', 'start b', 'stop b', 'stop a']);
});

it('answers /readyz with 503 until every service is ready, and names each', async () => {
  let ready = false;
  const running = await startServices(
    [service('a', []), service('b', [], { isReady: () => ready, details: () => ({ port: 5514 }) })],
    options(),
  );
  const before = await fetch(`${running.adminUrl}/readyz`);
  expect(before.status).toBe(503);
  expect(await before.json()).toMatchObject({
    ready: false,
    services: {
      bus: { ready: true, details: { outbox: 0 } },
      a: { ready: true },
      b: { ready: false, details: { port: 5514 } },
    },
  });
  ready = true;
  expect((await fetch(`${running.adminUrl}/readyz`)).status).toBe(200);
  expect((await fetch(`${running.adminUrl}/healthz`)).status).toBe(200);
  await running.stop();
});

it('serves one valid /metrics when two services use one metric name', async () => {
  const counting = (name: string) =>
    defineService({
      name,
      config: z.object({}),
      create: ({ metrics }) => ({
        start: async () => metrics.counter('things_total', 'Things', ['kind']).inc({ kind: 'x' }),
        stop: async () => undefined,
      }),
    });
  const running = await startServices([counting('a'), counting('b')], options());
  const text = await (await fetch(`${running.adminUrl}/metrics`)).text();
  expect(text.match(/^# TYPE things_total counter$/gm)).toHaveLength(1);
  expect(text).toContain('things_total{service="a",kind="x"} 1');
  expect(text).toContain('things_total{service="b",kind="x"} 1');
  expect(text).toContain('bus_outbox_messages{service="bus"} 0');
  await running.stop();
});

it('refuses settings with exit code 2, all faults of all services at once, before anything is opened', async () => {
  const calls: string[] = [];
  const needing = (name: string, key: string) => ({
    ...service(name, calls),
    config: z.object({ [key]: z.string() }),
  });
  let complaint = '';
  const code = await runServices([needing('a', 'A_KEY'), needing('b', 'B_KEY')], {
    ...options({ ADMIN_PORT: 'x' }),
    complain: (text) => void (complaint += text),
  });
  expect(code).toBe(2);
  for (const key of ['A_KEY', 'B_KEY', 'ADMIN_PORT']) expect(complaint).toContain(key);
  expect(calls).toEqual([]);
});

it('refuses to run one service alone on the embedded bus', async () => {
  let complaint = '';
  const complain = (text: string) => void (complaint += text);
  expect(await runServices([service('a', [])], { ...options(), complain })).toBe(2);
  expect(complaint).toContain('NATS_URL');
});

it('stops at once on SIGTERM while a start still waits', async () => {
  const waiting = Promise.withResolvers<void>();
  const calls: string[] = [];
  const stuck = service('stuck', calls, {
    start: (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('told to stop')));
        waiting.resolve();
      }),
  });
  const code = runServices([service('a', calls), stuck], options());
  await waiting.promise;
  process.emit('SIGTERM');
  expect(await code).toBe(0);
});

it('stops all and answers 1 when one service fails to start', async () => {
  const calls: string[] = [];
  const broken = service('broken', calls, { start: () => Promise.reject(new Error('no socket')) });
  const code = await runServices([service('a', calls), broken], { ...options(), complain: () => undefined });
  expect(code).toBe(1);
  expect(calls).toContain('stop a');
});

it('gives up waiting for a service that does not stop', async () => {
  const hung = service('hung', [], { stop: () => new Promise(() => undefined) });
  const running = await startServices([hung, service('b', [])], options({ SHUTDOWN_TIMEOUT_MS: '100' }));
  expect(await running.stop()).toEqual(['hung']);
});

it('leaves a switched-off listener alone and stays ready', async () => {
  const calls: string[] = [];
  const listener = {
    ...service('ingest-syslog', calls),
    listener: { word: 'SYSLOG', switchKey: 'EVENT_SYSLOG_ENABLED' },
  } as const;
  const running = await startServices(
    [listener, service('b', calls)],
    options({ ENABLED_EVENT_LISTENERS: 'WEBHOOK' }),
  );
  expect(calls).toEqual(['start b']);
  expect(running.readiness()).toMatchObject({
    'ingest-syslog': { ready: true, details: { enabled: false } },
  });
  await running.stop();
});

it('keeps secrets out of the log, wherever they sit in what is logged', () => {
  let out = '';
  const log = createLog(
    'info',
    new Writable({ write: (chunk, _encoding, done) => ((out += String(chunk)), done()) }),
  );
  log.info({ token: 'hunter2', auth: { password: 'hunter2' }, host: { auth: { secret: 'hunter2' } } }, 'x');
  expect(out).toContain('***');
  expect(out).not.toContain('hunter2');
});
