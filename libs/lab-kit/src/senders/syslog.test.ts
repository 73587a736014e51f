import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { startSenders } from './index.ts';
import { LINE, talker } from './samples.ts';
import { renderSyslogLine } from './syslog-line.ts';

const UPID_TEXT = '<root@pam> end task UPID:pve1:0003A1F2:0A5C11D3:69B4B314:vzdump::root@pam: job errors';

describe('a syslog line', () => {
  it.each([
    ['traditional', `<27>Mar 14 02:07:31 pve1 pvescheduler[237921]: ${UPID_TEXT}`],
    ['forward', `<27>2026-03-14T02:07:31.551000+01:00 pve1 pvescheduler[237921]: ${UPID_TEXT}`],
    ['rfc5424', `<27>1 2026-03-14T02:07:31.551000+01:00 pve1 pvescheduler 237921 - -  ${UPID_TEXT}`],
  ] as const)('of the template %s is as rsyslog writes it', (template, expected) => {
    expect(renderSyslogLine(LINE, template, 'Europe/Berlin')).toBe(expected);
  });

  it('pads the day, cuts the tag at 32 characters, and stays one line', () => {
    const line = {
      ...LINE,
      at: Date.UTC(2026, 2, 4),
      tag: 'proxmox-backup-proxy-worker-long',
      text: 'a\nb\tc',
    };
    expect(renderSyslogLine(line, 'traditional')).toBe(
      '<27>Mar  4 00:00:00 pve1 proxmox-backup-proxy-worker-long a#012b#011c',
    );
  });

  it('knows zones west of Greenwich and daylight saving', () => {
    expect(renderSyslogLine(LINE, 'forward', 'America/St_Johns')).toContain(
      '2026-03-13T22:37:31.551000-02:30',
    );
  });
});

it('goes out by UDP, one datagram each', async () => {
  const server = createSocket('udp4');
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const lab = talker();
  const senders = startSenders(lab, {
    syslog: { host: '127.0.0.1', port: server.address().port, template: 'rfc5424' },
  });
  try {
    const heard = once(server, 'message');
    lab.onSyslog(LINE);
    expect(String((await heard)[0])).toBe(renderSyslogLine(LINE, 'rfc5424'));
    expect(senders.failures()).toEqual([]);
  } finally {
    await senders.stop();
    server.close();
  }
});

describe('over TCP', () => {
  const received = new Map<Socket, string>();
  const server = createServer((socket) => {
    received.set(socket, '');
    socket.on('data', (data) => received.set(socket, received.get(socket) + String(data)));
  });
  beforeEach(async () => {
    received.clear();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const socket of received.keys()) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  });
  // A TCP server's address is never a pipe name.
  const port = () => (server.address() as AddressInfo).port;

  it.each(['lf', 'octet'] as const)('each node has its own connection, framed by %s', async (framing) => {
    const lab = talker();
    const senders = startSenders(lab, {
      syslog: { host: '127.0.0.1', port: port(), transport: 'tcp', framing },
    });
    const text = { ...LINE, text: 'grüße' };
    lab.onSyslog(text);
    lab.onSyslog(text);
    lab.onSyslog({ ...text, node: 'pve2' });
    await senders.stop();
    const one = (node: string) => {
      const message = renderSyslogLine({ ...text, node }, 'traditional');
      return framing === 'lf' ? `${message}\n` : `${Buffer.byteLength(message)} ${message}`;
    };
    expect([...received.values()].sort()).toEqual([one('pve1') + one('pve1'), one('pve2')].sort());
    expect(senders.failures()).toEqual([]);
  });

  it('a line that cannot be sent is lost and noted, and the next one goes out', async () => {
    const lab = talker();
    const gone = port();
    await new Promise((resolve) => server.close(resolve));
    const senders = startSenders(lab, { syslog: { host: '127.0.0.1', port: gone, transport: 'tcp' } });
    lab.onSyslog(LINE);
    await senders.settled();
    expect(senders.failures()).toEqual([expect.stringMatching(/^syslog: .*ECONNREFUSED/)]);
    server.listen(gone, '127.0.0.1');
    await once(server, 'listening');
    lab.onSyslog(LINE);
    await senders.stop();
    expect([...received.values()]).toEqual([`${renderSyslogLine(LINE, 'traditional')}\n`]);
  });
});
