import { atLeast, below, plain, print, printMachine } from './figure.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { startRsyslog, type Rsyslog } from './rsyslog.ts';
import { sendLines, type Lines } from './send-lines.ts';

/**
 * `node tools/bench/src/syslog.ts [seconds]`: syslog lines that each become an event, until it is stored on the embedded bus, beside
 * rsyslog, which writes them as JSON into a file. Both get the same load in turn, in one run: a busy machine is busy for both.
 *
 * The highest rate of which nothing is lost, CPU for a line, a steady rate, a burst, and how the cost grows with the number of lines.
 */
const SECONDS = Number(process.argv[2] ?? 30);
const STEADY = 10_000;
const BURST = 8_000;
/** What the burst is promised with. */
const BURST_BUFFER_BYTES = 8 * 1024 * 1024;
const STEPS = [
  5_000, 7_500, 10_000, 15_000, 20_000, 25_000, 30_000, 40_000, 50_000, 60_000, 80_000, 100_000, 120_000,
];
const STEP_SECONDS = 3;
/** Something else may take the machine for a moment: a step that lost lines is tried once more, by both. */
const TRIES = 2;
const GROWTH = [2_000, 20_000, 200_000];

interface Outcome {
  readonly arrived: number;
  /** CPU of the receiver for each line that arrived, in microseconds. */
  readonly cpuMicros: number;
  /** From the first line stored to the last. */
  readonly seconds: number;
}

type Load = Pick<Lines, 'transport' | 'count' | 'perSecond'>;
type Peer = (load: Load) => Promise<Outcome>;

let next = 0;
const take = (count: number): number => (next += count) - count;

/** Every line becomes an event, and its seat on the bus is awaited. */
function ours(receiver: Receiver): Peer {
  return async (load) => {
    const following = await receiver.follow();
    await sendLines({ ...load, port: receiver.port, first: take(load.count) });
    const { stored, cpuMicros, seconds } = await following.end();
    return { arrived: stored, cpuMicros, seconds };
  };
}

/** Every line becomes a line of JSON in a file. */
function theirs(rsyslog: Rsyslog): Peer {
  let known = 0;
  return async (load) => {
    const port = load.transport === 'udp' ? rsyslog.udpPort : rsyslog.tcpPort;
    const cpu = await rsyslog.cpuMicros();
    const started = performance.now();
    await sendLines({ ...load, port, first: take(load.count) });
    const seconds = (performance.now() - started) / 1_000;
    const total = await rsyslog.settled();
    const arrived = total - known;
    known = total;
    return { arrived, cpuMicros: ((await rsyslog.cpuMicros()) - cpu) / Math.max(1, arrived), seconds };
  };
}

/** @returns the highest step of which each peer lost nothing; they take turns, so that both see the same machine. */
async function lossless(peers: readonly Peer[]): Promise<number[]> {
  const best = peers.map(() => 0);
  let running = peers.map((_, index) => index);
  for (const perSecond of STEPS) {
    const load: Load = { transport: 'udp', count: perSecond * STEP_SECONDS, perSecond };
    const passed: number[] = [];
    for (const index of running) {
      for (let attempt = 0; attempt < TRIES && !passed.includes(index); attempt++) {
        const outcome = await peers[index]?.(load);
        if (outcome?.arrived === load.count) passed.push(index);
      }
    }
    for (const index of passed) best[index] = perSecond;
    running = passed;
  }
  return best;
}

/** 1: ten times the lines cost ten times the CPU. */
function exponent(points: readonly { readonly count: number; readonly cpu: number }[]): number {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return Number.NaN;
  return Math.log(last.cpu / first.cpu) / Math.log(last.count / first.count);
}

async function measure(receiver: Receiver, rsyslog: Rsyslog | undefined): Promise<void> {
  const us = ours(receiver);
  const them = rsyslog === undefined ? undefined : theirs(rsyslog);
  const warm: Load = { transport: 'tcp', count: 20_000, perSecond: 0 };
  await us(warm);
  await them?.(warm);

  const steadyLoad: Load = { transport: 'udp', count: STEADY * SECONDS, perSecond: STEADY };
  const steady = await us(steadyLoad);
  print(
    below(`syslog UDP, ${STEADY}/s for ${SECONDS} s, lost`, steadyLoad.count - steady.arrived, 'lines', 1),
  );
  print(plain(`syslog UDP, ${STEADY}/s, CPU`, steady.cpuMicros, 'µs/line'));
  if (them !== undefined) {
    const peer = await them(steadyLoad);
    print(plain(`rsyslog UDP, ${STEADY}/s, CPU`, peer.cpuMicros, 'µs/line'));
    print(below(`syslog UDP, ${STEADY}/s, CPU against rsyslog`, steady.cpuMicros / peer.cpuMicros, '×', 5));
  }

  const burst = await us({ transport: 'udp', count: BURST, perSecond: 0 });
  const lost = BURST - burst.arrived;
  const burstName = `syslog UDP, burst of ${BURST}, lost`;
  if (receiver.receiveBufferBytes >= BURST_BUFFER_BYTES) print(below(burstName, lost, 'lines', 1));
  else print(plain(`${burstName} (with ${receiver.receiveBufferBytes} bytes granted)`, lost, 'lines'));

  const [best = 0, rival = 0] = await lossless(them === undefined ? [us] : [us, them]);
  print(plain('syslog UDP, lossless', best, 'lines/s'));
  if (them !== undefined) {
    print(plain('rsyslog UDP, lossless', rival, 'lines/s'));
    const ratio = rival === 0 ? 0 : best / rival;
    print(atLeast('syslog UDP, lossless against rsyslog (floor)', ratio, '×', 0.25));
    print(plain('syslog UDP, lossless against rsyslog, part of the goal of 0.5 ×', ratio / 0.5, '×'));
  }

  const points: { count: number; cpu: number }[] = [];
  for (const count of GROWTH) {
    const { arrived, cpuMicros, seconds } = await us({ transport: 'tcp', count, perSecond: 0 });
    points.push({ count, cpu: cpuMicros * arrived });
    print(below(`syslog TCP, ${count} lines, lost`, count - arrived, 'lines', 1));
    print(plain(`syslog TCP, ${count} lines, CPU`, cpuMicros, 'µs/line'));
    print(plain(`syslog TCP, ${count} lines, rate`, arrived / seconds, 'lines/s'));
  }
  print(below('syslog TCP, growth of CPU from 1× to 100×, exponent', exponent(points), '(1: linear)', 1.1));
  if (them !== undefined) {
    const load: Load = { transport: 'tcp', count: GROWTH.at(-1) ?? 0, perSecond: 0 };
    const peer = await them(load);
    print(plain(`rsyslog TCP, ${load.count} lines, CPU`, peer.cpuMicros, 'µs/line'));
  }
}

printMachine();
const receiver = await startReceiver();
const rsyslog = await startRsyslog(BURST_BUFFER_BYTES);
console.log(`UDP receive buffer granted: ${receiver.receiveBufferBytes} bytes`);
if (rsyslog === undefined) console.log('rsyslog: not installed here (tools/peers/rsyslog.sh), no ratio');
try {
  await measure(receiver, rsyslog);
} finally {
  await receiver.close();
  await rsyslog?.close();
}
