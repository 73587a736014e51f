import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { findRsyslog, startRsyslog as startRsyslogd } from '@proxmox-mcp/ingest-syslog/testing';
import { freePort } from './free-port.ts';
import { cpuSeconds } from './process-figures.ts';

/** rsyslog with imudp and imptcp into a file of JSON lines, beside us in the same run. */
export interface Rsyslog {
  readonly udpPort: number;
  readonly tcpPort: number;
  /** CPU it has used, in microseconds. */
  cpuMicros(): Promise<number>;
  /** Lines it has written in all, once it has written nothing for a second. */
  settled(): Promise<number>;
  close(): Promise<void>;
}

const OUT = 'out.json';
const QUIET_MS = 1_000;

/** One JSON object a line with what our events hold of a line too. */
const TEMPLATE = [
  'template(name="json" type="list" option.jsonf="on") {',
  '  property(outname="at" name="timereported" dateFormat="rfc3339" format="jsonf")',
  '  property(outname="receivedAt" name="timegenerated" dateFormat="rfc3339" format="jsonf")',
  '  property(outname="host" name="hostname" format="jsonf")',
  '  property(outname="facility" name="syslogfacility-text" format="jsonf")',
  '  property(outname="severity" name="syslogseverity-text" format="jsonf")',
  '  property(outname="program" name="programname" format="jsonf")',
  '  property(outname="pid" name="procid" format="jsonf")',
  '  property(outname="message" name="msg" format="jsonf")',
  '}',
];

/** @returns `undefined` where rsyslog is not installed (`tools/peers/rsyslog.sh`). */
export async function startRsyslog(receiveBufferBytes: number): Promise<Rsyslog | undefined> {
  const program = findRsyslog(process.env);
  if (!('rsyslogd' in program)) return undefined;
  const [udpPort, tcpPort] = [await freeUdpPort(), await freePort()];
  const rsyslog = await startRsyslogd(program, {
    ready: ['pid'],
    config: (folder) => [
      `global(workDirectory="${folder}")`,
      'module(load="imudp")',
      'module(load="imptcp")',
      ...TEMPLATE,
      `ruleset(name="all") { action(type="omfile" file="${join(folder, OUT)}" template="json") }`,
      `input(type="imudp" address="127.0.0.1" port="${udpPort}" rcvbufSize="${receiveBufferBytes}" ruleset="all")`,
      `input(type="imptcp" address="127.0.0.1" port="${tcpPort}" ruleset="all")`,
    ],
  });
  const counter = createLineCounter(join(rsyslog.folder, OUT));
  // Its ports are open a moment after its pid file.
  while (!(await hears(udpPort))) await counter.count();
  return {
    udpPort,
    tcpPort,
    cpuMicros: async () => 1e6 * (await cpuSeconds(rsyslog.pid)),
    async settled() {
      let last = await counter.count();
      for (let quietSince = performance.now(); performance.now() - quietSince < QUIET_MS;) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const now = await counter.count();
        if (now !== last) quietSince = performance.now();
        last = now;
      }
      return last;
    },
    close: () => rsyslog.stop(),
  };
}

/** Counts the lines of a growing file, reading each byte once. */
function createLineCounter(path: string): { count: () => Promise<number> } {
  const chunk = Buffer.allocUnsafe(1024 * 1024);
  let offset = 0;
  let lines = 0;
  return {
    async count() {
      const file = await open(path).catch(() => undefined);
      if (file === undefined) return lines;
      try {
        for (;;) {
          const { bytesRead } = await file.read(chunk, 0, chunk.length, offset);
          if (bytesRead === 0) return lines;
          offset += bytesRead;
          const end = chunk.subarray(0, bytesRead);
          for (let at = end.indexOf(10); at >= 0; at = end.indexOf(10, at + 1)) lines++;
        }
      } finally {
        await file.close();
      }
    },
  };
}

/** Whether somebody has the port: then it cannot be had. */
async function hears(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return false;
  } catch {
    return true;
  } finally {
    socket.close();
  }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
