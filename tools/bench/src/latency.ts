import { createSocket } from 'node:dgram';
import { request, Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { startDemoLab, type DemoLab } from '@proxmox-mcp/lab-kit';
import { followEvents, type StreamedEvent } from './event-stream.ts';
import { below, percentile, plain, print, printMachine } from './figure.ts';
import { startProduct, type Product } from './product.ts';
import { linePrefix, taskLine } from './syslog-line.ts';

/**
 * `node tools/bench/src/latency.ts [tasks] [messages]`: how long after it happened an event is on the gateway's stream. Tasks of the lab
 * are seen by polling alone (the lab's hosts neither post nor forward); webhook and syslog one message at a time.
 */
const TASKS = Number(process.argv[2] ?? 60);
const MESSAGES = Number(process.argv[3] ?? 500);
const EVERY_MS = 900;
const LOST_AFTER_MS = 15_000;

const listeners = new Set<(event: StreamedEvent) => void>();

printMachine();
const demo = await startDemoLab();
const product = await startProduct(demo.env);
const unfollow = await followEvents(product, (event) => listeners.forEach((listener) => listener(event)));
try {
  // The first answers are the baseline and no events.
  await pause(8_000);
  await measureTasks(demo);
  await measureWebhook(product, demo.env['WEBHOOK_IN_TOKEN'] ?? '');
  await measureSyslog(product);
} finally {
  unfollow();
  await product.stop();
  await demo.stop();
}

async function measureTasks({ lab }: DemoLab): Promise<void> {
  const starts: number[] = [];
  const ends: number[] = [];
  const tasks = Array.from({ length: TASKS }, async (_none, number) => {
    await pause(number * EVERY_MS);
    const startedAt = performance.now();
    let endedAt = Number.POSITIVE_INFINITY;
    const task = lab.world.cluster.startTask(
      {
        node: ['pve1', 'pve2', 'pve3'][number % 3] ?? 'pve1',
        type: 'qmsnapshot',
        id: '101',
        user: 'root@pam',
      },
      function* () {
        // 4 to 11 s: starts and ends fall anywhere between two polls.
        yield 4_000 + ((number * 1_613) % 7_000);
        endedAt = performance.now();
      },
    );
    const ended = Promise.withResolvers<void>();
    const listen = ({ upid, type, channel }: StreamedEvent) => {
      if (upid !== task.upid || channel !== 'api') return;
      if (type.endsWith('.started')) starts.push(performance.now() - startedAt);
      else if (Number.isFinite(endedAt)) {
        ends.push(performance.now() - endedAt);
        ended.resolve();
      }
    };
    listeners.add(listen);
    await Promise.race([ended.promise, pause(12_000 + LOST_AFTER_MS)]);
    listeners.delete(listen);
  });
  await Promise.all(tasks);
  tell('task start to event', starts, { p95: 4_000 });
  tell('task end to event', ends, { p95: 4_000 });
  print(below('task starts and ends never told', 2 * TASKS - starts.length - ends.length, 'events', 1));
}

async function measureWebhook(target: Product, token: string): Promise<void> {
  const { port } = await target.details('ingest-webhook');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const all = await oneByOne('webhook', (number) => {
    const body = JSON.stringify({
      v: 1,
      title: `Bench ${number}`,
      message: `message ${number}`,
      severity: 'info',
      timestamp: Math.floor(Date.now() / 1_000),
      fields: { type: 'system-mail', hostname: 'pve1', number: String(number) },
    });
    const options = { port: Number(port), path: '/hooks/proxmox/lab', method: 'POST', headers, agent };
    request(options, (response) => response.resume()).end(body);
  });
  agent.destroy();
  tell('webhook to event', all, { p50: 5, p99: 100 });
}

async function measureSyslog(target: Product): Promise<void> {
  const { port } = await target.details('ingest-syslog');
  const socket = createSocket('udp4');
  const prefix = linePrefix(new Date());
  const all = await oneByOne('syslog', (number) =>
    socket.send(taskLine(prefix, 0x100000 + number), Number(port), '127.0.0.1'),
  );
  socket.close();
  tell('syslog line to event', all, { p50: 5, p99: 100 });
}

/** Sends the next message a little after the last one's event. @returns milliseconds of each. */
async function oneByOne(channel: string, send: (number: number) => void): Promise<number[]> {
  const all: number[] = [];
  for (let number = 0; number < MESSAGES + 20; number++) {
    const seen = Promise.withResolvers<void>();
    const listen = (event: StreamedEvent) => {
      if (event.channel === channel) seen.resolve();
    };
    listeners.add(listen);
    const sentAt = performance.now();
    send(number);
    await Promise.race([seen.promise, pause(LOST_AFTER_MS, undefined, { ref: false })]);
    listeners.delete(listen);
    // The first twenty compile the way.
    if (number >= 20) all.push(performance.now() - sentAt);
    await pause(5 + (number % 10));
  }
  return all;
}

function tell(name: string, all: readonly number[], goals: Readonly<Record<string, number>>): void {
  for (const [word, part] of [
    ['p50', 0.5],
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const) {
    const goal = goals[word];
    const value = percentile(all, part);
    const what = `${name}, ${word} of ${all.length}`;
    print(goal === undefined ? plain(what, value, 'ms') : below(what, value, 'ms', goal));
  }
}
