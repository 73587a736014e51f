import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { linePrefix, taskLine } from './syslog-line.ts';

/**
 * Sends numbered lines from a process of its own: `node syslog-sender.ts udp|tcp PORT FIRST COUNT PER_SECOND`; 0 per second is as
 * fast as it goes. Prints the milliseconds it took.
 */
const [transport = '', ...numbers] = process.argv.slice(2);
const [port = 0, first = 0, count = 0, perSecond = 0] = numbers.map(Number);
const prefix = linePrefix(new Date());
const started = performance.now();
await (transport === 'tcp' ? sendTcp() : sendUdp());
console.log(Math.round(performance.now() - started));

/** In slices of 2 ms, so that the load is even. */
async function sendUdp(): Promise<void> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let sent = 0;
  while (sent < count) {
    const due = perSecond === 0 ? sent + 64 : Math.floor(((performance.now() - started) / 1_000) * perSecond);
    const until = Math.min(count, due);
    const gone: Promise<void>[] = [];
    for (; sent < until; sent++) {
      const line = taskLine(prefix, first + sent);
      gone.push(new Promise((resolve) => socket.send(line, () => resolve())));
    }
    await Promise.all(gone);
    if (perSecond > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  socket.close();
}

async function sendTcp(): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  for (let sent = 0; sent < count;) {
    const frames: string[] = [];
    for (const until = Math.min(count, sent + 256); sent < until; sent++) {
      const line = taskLine(prefix, first + sent);
      frames.push(`${line.length} ${line}`);
    }
    if (!socket.write(frames.join(''))) await once(socket, 'drain');
  }
  socket.end();
  await once(socket, 'close');
}
