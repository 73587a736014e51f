import { openBus } from '@proxmox-mcp/bus';
import { filters, type Event, type Incident, type Notification } from '@proxmox-mcp/schemas';
import { allRows, type Row } from './gateway.ts';
import type { Night } from './playing.ts';

/** What came later may have been on its way when the books were read. */
const SETTLED_MS = 3_000;

/** Everything a product wrote about a night. */
export interface Books {
  readonly readAt: number;
  /** Rows of the gateway's event history. */
  readonly history: readonly Row[];
  readonly tasks: readonly Row[];
  readonly incidents: readonly Row[];
  /** Titles that reached Gotify. */
  readonly messages: readonly string[];
  readonly acknowledged: ReadonlySet<string>;
}

/** Reads the books through the gateway of a running product. */
export async function readBooks(night: Night): Promise<Books> {
  return {
    readAt: Date.now(),
    history: await allRows(night.gatewayUrl, 'events_query'),
    tasks: await allRows(night.gatewayUrl, 'tasks_query'),
    incidents: await night.incidents(),
    messages: night.demo.gotify.messages().map(({ title }) => title),
    acknowledged: night.hooks.acknowledged,
  };
}

/** What the bus of a stopped product kept. */
export interface Streams {
  readonly events: readonly Event[];
  readonly opened: readonly Incident[];
  readonly notifications: readonly Notification[];
  /** Ids of the inputs that events were read from. */
  readonly raws: ReadonlySet<string>;
  /** Who gave up on what, and why. */
  readonly deadLetters: readonly string[];
}

/** Reads the streams of a product that has ended: its embedded bus, or NATS. */
export async function readStreams(dataDir: string, natsUrl?: string): Promise<Streams> {
  const bus = await openBus(
    { dataDir, ...(natsUrl === undefined ? {} : { natsUrl: [natsUrl] }) },
    { name: 'audit' },
  );
  try {
    const events: Event[] = [];
    const opened: Incident[] = [];
    const notifications: Notification[] = [];
    const raws = new Set<string>();
    const deadLetters: string[] = [];
    const seen = { EVENTS: 0, INCIDENTS: 0, NOTIFICATIONS: 0, RAW: 0, DEADLETTER: 0 };
    await bus.subscribe({ filters: [filters.allEvents], from: 0 }, ({ data, seq }) => {
      events.push(data);
      seen.EVENTS = seq;
    });
    await bus.subscribe({ filters: [filters.allIncidents], from: 0 }, ({ data, subject, seq }) => {
      if (subject.endsWith('.opened')) opened.push(data);
      seen.INCIDENTS = seq;
    });
    await bus.subscribe({ filters: [filters.allNotifications], from: 0 }, ({ data, seq }) => {
      notifications.push(data);
      seen.NOTIFICATIONS = seq;
    });
    await bus.subscribe({ filters: [filters.allRaw], from: 0 }, ({ data, seq }) => {
      for (const { id } of data) raws.add(id);
      seen.RAW = seq;
    });
    await bus.subscribe({ filters: [filters.allDeadLetters], from: 0 }, ({ data, seq }) => {
      deadLetters.push(`${data.service} ${data.reason} ${data.origin}: ${data.body.slice(0, 200)}`);
      seen.DEADLETTER = seq;
    });
    for (const stream of ['EVENTS', 'INCIDENTS', 'NOTIFICATIONS', 'RAW', 'DEADLETTER'] as const) {
      const last = await bus.lastSeq(stream);
      while (seen[stream] < last) await new Promise((resolve) => setImmediate(resolve));
    }
    return { events, opened, notifications, raws, deadLetters };
  } finally {
    await bus.close();
  }
}

/** What is wrong with the books of the failing night; empty when nothing is lost, doubled or invented. */
export function faultsOf(night: Night, books: Books, streams: Streams): string[] {
  const faults: string[] = [];
  const expect = (isSo: boolean, otherwise: string) => void (isSo || faults.push(otherwise));
  const history = new Set(books.history.map((row) => row['id']));
  const ids = new Set(streams.events.map(({ id }) => id));
  expect(history.size === books.history.length, 'an event is twice in the history');
  expect(ids.size === streams.events.length, 'an event is twice on the bus');
  for (const event of streams.events.filter(
    ({ receivedAt }) => Date.parse(receivedAt) < books.readAt - SETTLED_MS,
  ))
    expect(history.has(event.id), `on the bus, not in the history: ${event.channel} ${event.title}`);
  for (const id of books.acknowledged) expect(history.has(id), `acknowledged and lost: ${id}`);
  for (const { raw, channel, title } of streams.events)
    expect(raw !== undefined && streams.raws.has(raw), `without its input: ${channel} ${title}`);
  for (const letter of streams.deadLetters) expect(false, `dead letter of ${letter}`);

  for (const task of night.tasks()) {
    const rows = books.tasks.filter((row) => row['upid'] === task.upid);
    expect(rows.length === 1, `${rows.length} facts of ${task.upid}`);
    expect(rows[0]?.['ended'] !== undefined, `never ended: ${task.upid}`);
    const reports = streams.events.filter(({ channel, upid }) => channel === 'api' && upid === task.upid);
    const count = (wanted: (event: Event) => boolean) =>
      reports.filter(({ type }) => type.startsWith('backup.job.')).filter(wanted).length;
    const told = reports.map(({ type, id }) => `${type} ${id}`).join(', ');
    // The list tells that it ended, and a moment later the log, which names the guests, tells how.
    const isLog = ({ facts }: Event) => 'guests' in facts;
    const isEnd = ({ type }: Event) => /\.(succeeded|failed|warned|unknown)$/.test(type);
    const ends = count((event) => isEnd(event) && !isLog(event));
    expect(ends === 1, `${ends} ends of ${task.upid}: ${told}`);
    const logs = count((event) => isEnd(event) && isLog(event));
    expect(logs <= 1, `${logs} logs of ${task.upid}: ${told}`);
    const starts = count(({ type }) => type.endsWith('.started'));
    // Begun and ended while the product was away: the end tells of both.
    expect(starts <= 1, `${starts} starts of ${task.upid}: ${told}`);
  }
  expect(night.tasks().length === 3, `${night.tasks().length} tasks in the lab`);

  expect(books.incidents.length === 1, `${books.incidents.length} incidents`);
  expect(books.incidents[0]?.['condition'] === 'backup.job.failed', 'the incident is another one');
  const openings = new Set(streams.opened.map(({ id }) => id));
  expect(openings.size === 1, `${openings.size} incidents were opened`);
  expect(books.messages.length === 1, `${books.messages.length} messages: ${books.messages.join(' | ')}`);
  return faults;
}
