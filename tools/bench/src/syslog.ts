import { atLeast, below, plain, print, printMachine } from './figure.ts';
import { startReceiver, type Arrived, type Receiver } from './receiver.ts';
import { startRsyslog } from './rsyslog.ts';
import { sendLines } from './send-lines.ts';

/**
 * `node tools/bench/src/syslog.ts [seconds]`: syslog lines that each become an event, until it is stored on the embedded bus.
 * TCP at full speed, UDP at 10,000 lines a second, a burst, and the highest rate of which nothing is lost, beside rsyslog's.
 */
const SECONDS = Number(process.argv[2] ?? 30);
const TCP_LINES = 100_000;
const STEADY = 10_000;
const BURST = 8_000;
const STEPS = [2_500, 5_000, 7_500, 10_000, 15_000, 20_000, 25_000, 30_000, 40_000, 50_000, 60_000, 80_000];
const STEP_SECONDS = 3;

let next = 0;
const take = (count: number): number => (next += count) - count;

interface Run extends Arrived {
  readonly count: number;
}

async function run(
  receiver: Receiver,
  transport: 'udp' | 'tcp',
  load: { readonly count: number; readonly perSecond: number },
): Promise<Run> {
  const following = await receiver.follow();
  await sendLines({ transport, port: receiver.port, first: take(load.count), ...load });
  return { count: load.count, ...(await following.end()) };
}

/** The highest step of which every line arrived. */
async function lossless(send: (perSecond: number, count: number) => Promise<number>): Promise<number> {
  let best = 0;
  for (const perSecond of STEPS) {
    const count = perSecond * STEP_SECONDS;
    if ((await send(perSecond, count)) < count) break;
    best = perSecond;
  }
  return best;
}

printMachine();
const receiver = await startReceiver();
const warm = await run(receiver, 'tcp', { count: 20_000, perSecond: 0 });
console.log(`UDP receive buffer ${receiver.receiveBufferBytes} bytes; ${warm.stored} lines to warm up`);

const tcp = await run(receiver, 'tcp', { count: TCP_LINES, perSecond: 0 });
print(atLeast('syslog TCP, full speed, stored', tcp.stored / tcp.seconds, 'lines/s', STEADY));
print(plain('syslog TCP, full speed, CPU', tcp.cpuMicros, 'µs/line'));
print(below('syslog TCP, full speed, lost', tcp.count - tcp.stored, 'lines', 1));

const steady = await run(receiver, 'udp', { count: STEADY * SECONDS, perSecond: STEADY });
print(below(`syslog UDP, ${STEADY}/s for ${SECONDS} s, lost`, steady.count - steady.stored, 'lines', 1));
print(plain(`syslog UDP, ${STEADY}/s, CPU`, steady.cpuMicros, 'µs/line'));

const burst = await run(receiver, 'udp', { count: BURST, perSecond: 0 });
print(below(`syslog UDP, burst of ${BURST}, lost`, burst.count - burst.stored, 'lines', 1));

const best = await lossless(
  async (perSecond, count) => (await run(receiver, 'udp', { count, perSecond })).stored,
);
print(atLeast('syslog UDP, lossless', best, 'lines/s', STEADY));
await receiver.close();

const rsyslog = await startRsyslog();
if (rsyslog === undefined) console.log('rsyslog: not installed here, no ratio');
else {
  const { udpPort } = rsyslog;
  let before = 0;
  let sent = 0;
  const cpu = await rsyslog.cpuMicros();
  const theirs = await lossless(async (perSecond, count) => {
    await sendLines({ transport: 'udp', port: udpPort, first: take(count), count, perSecond });
    const total = await rsyslog.settled();
    sent += count;
    const arrived = total - before;
    before = total;
    return arrived;
  });
  print(plain('rsyslog imudp to file, lossless', theirs, 'lines/s'));
  print(plain('rsyslog imudp to file, CPU', ((await rsyslog.cpuMicros()) - cpu) / sent, 'µs/line'));
  print(atLeast('syslog UDP against rsyslog, lossless', theirs === 0 ? 0 : best / theirs, '×', 0.25));
  await rsyslog.close();
}
