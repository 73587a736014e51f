import { writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { encodeCursor } from '../call/event-cursor.ts';
import { answerHistory, event, publishEvent, seedFleet } from '../testing/fleet.ts';
import { startGateway, type TestGateway } from '../testing/start-gateway.ts';

const TOKEN = 'test-token-of-the-gateway';

interface Frame {
  id?: string;
  data?: { id: string; text?: unknown; gap?: true };
  comment?: string;
  event?: string;
}

/** Reads an event stream frame by frame. */
class SseReader {
  readonly status: number;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #abort: AbortController;
  #text = '';
  readonly #decoder = new TextDecoder();

  private constructor(response: Response, abort: AbortController) {
    if (response.body === null) throw new Error('no body');
    this.status = response.status;
    this.#reader = response.body.getReader();
    this.#abort = abort;
  }

  static async open(url: string, path: string, headers: Record<string, string> = {}): Promise<SseReader> {
    const abort = new AbortController();
    const response = await fetch(new URL(path, url), {
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      signal: abort.signal,
    });
    return new SseReader(response, abort);
  }

  async next(): Promise<Frame | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const frame: Frame = {};
        for (const line of this.#text.slice(0, end).split('\n')) {
          if (line.startsWith('id: ')) frame.id = line.slice(4);
          if (line.startsWith('event: ')) frame.event = line.slice(7);
          if (line.startsWith('data: ')) frame.data = JSON.parse(line.slice(6)) as NonNullable<Frame['data']>;
          if (line.startsWith(':')) frame.comment = line;
        }
        this.#text = this.#text.slice(end + 2);
        return frame;
      }
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** The next frames that carry an event. */
  async events(count: number): Promise<Required<Pick<Frame, 'id' | 'data'>>[]> {
    const found: Required<Pick<Frame, 'id' | 'data'>>[] = [];
    while (found.length < count) {
      const frame = await this.next();
      if (frame === undefined) break;
      if (frame.id !== undefined && frame.data !== undefined) found.push({ id: frame.id, data: frame.data });
    }
    return found;
  }

  close(): void {
    this.#abort.abort();
  }
}

let gateway: TestGateway;
let days = 0;
beforeEach(async () => {
  days = 0;
  gateway = await startGateway(
    { GATEWAY_TOKEN: TOKEN },
    {
      heartbeatMs: 50,
      drainMs: 100,
      busNow: () => Date.now() + days * 86_400_000,
      prepare: async (bus) => {
        await seedFleet(bus);
        await answerHistory(bus);
      },
    },
  );
});
afterEach(() => gateway.close());

const PATH = '/api/v1/events/stream';
const ids = (frames: { data: { id: string } }[]) => frames.map((frame) => frame.data.id);

it('sends live events, each with a cursor', async () => {
  const reader = await SseReader.open(gateway.url, PATH);
  expect((await reader.next())?.id).toBeDefined();
  await publishEvent(gateway.bus, event('e1', { text: { body: 'do as I say' } }));
  const [frame] = await reader.events(1);
  expect(frame?.data).toMatchObject({ id: 'e1', text: { body: { untrusted: true, text: 'do as I say' } } });
  reader.close();
});

it('goes on without a gap from a cursor and from Last-Event-ID, which wins', async () => {
  const reader = await SseReader.open(gateway.url, PATH);
  const start = (await reader.next())?.id ?? '';
  for (let i = 0; i < 20; i++) await publishEvent(gateway.bus, event(`e${i}`));
  const first = await reader.events(8);
  reader.close();
  const all = Array.from({ length: 20 }, (_, i) => `e${i}`);
  expect(ids(first)).toEqual(all.slice(0, 8));

  const lastId = first.at(-1)?.id ?? '';
  const byCursor = await SseReader.open(gateway.url, `${PATH}?cursor=${lastId}`);
  expect(ids(await byCursor.events(12))).toEqual(all.slice(8));
  byCursor.close();
  const byHeader = await SseReader.open(gateway.url, `${PATH}?cursor=${start}`, { 'last-event-id': lastId });
  expect(ids(await byHeader.events(12))).toEqual(all.slice(8));
  byHeader.close();
});

it('sends only what was asked for', async () => {
  const reader = await SseReader.open(gateway.url, `${PATH}?types=backup.*,node.*&severity=error&guest=web`);
  await reader.next();
  await publishEvent(gateway.bus, event('other type', { severity: 'error' }));
  await publishEvent(gateway.bus, event('too mild', { type: 'backup.job.started', severity: 'info' }));
  await publishEvent(
    gateway.bus,
    event('other guest', {
      type: 'backup.job.failed',
      severity: 'error',
      guest: { kind: 'qemu', vmid: 106 },
    }),
  );
  await publishEvent(gateway.bus, event('wanted', { type: 'backup.job.failed', severity: 'error' }));
  expect(ids(await reader.events(1))).toEqual(['wanted']);
  reader.close();
});

it('keeps quiet streams open with comments that move the cursor on', async () => {
  const reader = await SseReader.open(gateway.url, `${PATH}?types=never.*`);
  const start = (await reader.next())?.id;
  await publishEvent(gateway.bus, event('filtered'));
  let frame = await reader.next();
  while (frame?.id === start) frame = await reader.next();
  expect(frame?.comment).toBe(': heartbeat');
  expect(frame?.data).toBeUndefined();
  reader.close();
});

it('tells a reader what is not kept any more, and goes on with what is', async () => {
  for (let i = 0; i < 5; i++) await publishEvent(gateway.bus, event(`old${i}`));
  days = 8;
  await publishEvent(gateway.bus, event('kept'));
  gateway.trim();
  const cursor = encodeCursor({ events: 2 });
  const reader = await SseReader.open(gateway.url, `${PATH}?cursor=${cursor}`);
  await reader.next();
  expect(await reader.next()).toMatchObject({ event: 'gap', data: { gap: true, missed: 3 } });
  expect(ids(await reader.events(1))).toEqual(['kept']);
  expect(gateway.count('gateway_event_gaps_total')).toBe(1);
  reader.close();
});

it('tells a reader that its cursor is of another store, and sends what is new', async () => {
  const reader = await SseReader.open(gateway.url, `${PATH}?cursor=${encodeCursor({ events: 99_999 })}`);
  await reader.next();
  expect(await reader.next()).toMatchObject({ event: 'gap', data: { gap: true } });
  await publishEvent(gateway.bus, event('new'));
  expect(ids(await reader.events(1))).toEqual(['new']);
  reader.close();
});

it('marks the part of a title that somebody else wrote', async () => {
  const reader = await SseReader.open(gateway.url, PATH);
  await reader.next();
  await publishEvent(gateway.bus, event('e1', { title: 'Task ended with "do as I say"' }));
  const [frame] = await reader.events(1);
  expect(frame?.data).toMatchObject({
    title: 'Task ended with "…"',
    full_title: { untrusted: true, text: 'Task ended with "do as I say"' },
  });
  reader.close();
});

it('belongs to toolset events', async () => {
  const response = await fetch(`${gateway.url}${PATH}`, {
    headers: { authorization: `Bearer ${TOKEN}`, 'x-mcp-toolsets': 'core' },
  });
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ code: 'permission' });
});

it('ends, and the process lives, when the token file becomes unreadable', async () => {
  const reader = await SseReader.open(gateway.url, PATH);
  await reader.next();
  await writeFile(join(gateway.dataDir, 'tokens.json'), 'not a token file');
  let frame = await reader.next();
  while (frame !== undefined) frame = await reader.next();
  expect(gateway.count('gateway_event_stream_ends_total', { reason: 'error' })).toBe(1);
});

it('drops a reader that does not read, and counts it', async () => {
  const { promise: response, resolve } = Promise.withResolvers<IncomingMessage>();
  // Without a listener for data nothing is read; fetch would read ahead.
  get(new URL(PATH, gateway.url), { headers: { authorization: `Bearer ${TOKEN}` } }, resolve);
  const unread = await response;
  // More than the kernel keeps for both ends of a loopback connection.
  const body = 'x'.repeat(2_000);
  const facts = { words: Array.from({ length: 100 }, () => 'y'.repeat(100)) };
  let sent = 0;
  const isDropped = () => gateway.count('gateway_event_stream_ends_total', { reason: 'slow' }) === 1;
  while (!isDropped() && sent < 5_000) {
    const batch = Array.from({ length: 250 }, (_, i) => event(`e${sent + i}`, { text: { body }, facts }));
    await Promise.all(batch.map((one) => publishEvent(gateway.bus, one)));
    sent += batch.length;
  }
  expect(isDropped()).toBe(true);
  expect(gateway.count('gateway_event_streams')).toBe(0);
  unread.destroy();
});

it('ends its streams when the gateway stops', async () => {
  const reader = await SseReader.open(gateway.url, PATH);
  await reader.next();
  await gateway.stop();
  let frame = await reader.next();
  while (frame !== undefined) frame = await reader.next();
  expect(gateway.count('gateway_event_stream_ends_total', { reason: 'shutdown' })).toBe(1);
});

it.each(['?cursor=made-up', '?severity=loud'])('refuses %s', async (query) => {
  const response = await fetch(`${gateway.url}${PATH}${query}`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'invalid' });
});
