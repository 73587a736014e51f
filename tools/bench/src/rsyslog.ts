import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuSeconds } from './process-figures.ts';

const PLACES = ['/usr/sbin/rsyslogd', '/sbin/rsyslogd', '/usr/local/sbin/rsyslogd'];

/** rsyslog with imudp and imptcp into a file, beside us in the same run. */
export interface Rsyslog {
  readonly udpPort: number;
  /** CPU it has used, in microseconds. */
  cpuMicros(): Promise<number>;
  /** Lines in its file once it has written nothing for a second. */
  settled(): Promise<number>;
  close(): Promise<void>;
}

/** @returns `undefined` where rsyslog is not installed. */
export async function startRsyslog(): Promise<Rsyslog | undefined> {
  const program = PLACES.find((path) => existsSync(path));
  if (program === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-rsyslog-'));
  const out = join(folder, 'out.log');
  const udpPort = await freePort();
  const config = [
    'module(load="imudp")',
    `input(type="imudp" address="127.0.0.1" port="${udpPort}" rcvbufSize="8m" ruleset="all")`,
    `ruleset(name="all") { action(type="omfile" file="${out}" asyncWriting="off") }`,
  ];
  await writeFile(join(folder, 'rsyslog.conf'), `${config.join('\n')}\n`);
  const args = ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')];
  const child = spawn(program, args, { stdio: 'ignore' });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const lines = async () => (await readFile(out, 'utf8').catch(() => '')).split('\n').length - 1;
  return {
    udpPort,
    cpuMicros: async () => 1e6 * (await cpuSeconds(child.pid ?? 0)),
    async settled() {
      for (let last = await lines(); ;) {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        const now = await lines();
        if (now === last) return now;
        last = now;
      }
    },
    async close() {
      const ended = once(child, 'close');
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
