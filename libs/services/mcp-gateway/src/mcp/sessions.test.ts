import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { McpServer } from '@modelcontextprotocol/server';
import type { Toolset } from '../auth/grants.ts';
import { EventRing } from './event-ring.ts';
import { Sessions } from './sessions.ts';

const alice = { id: 'a', name: 'alice', tier: 'read', toolsets: new Set<Toolset>() } as const;
const bob = { ...alice, id: 'b', name: 'bob' } as const;
const everyone = () => Promise.resolve(true);

function makeSessions(clock: { now: number }) {
  return new Sessions({
    createServer: () => new McpServer({ name: 'test', version: '1' }, {}),
    now: () => clock.now,
    idleMs: 60_000,
    maxPerPrincipal: 2,
    maxTotal: 3,
  });
}

/** Opens a session as an initialize request does. */
async function open(sessions: Sessions, principal: typeof alice | typeof bob, id: string) {
  const session = await sessions.open(principal);
  if (session !== undefined) sessions.adopt(id, session);
  return session;
}

it('bounds sessions per principal and in all', async () => {
  const sessions = makeSessions({ now: 0 });
  expect(await open(sessions, alice, '1')).toBeDefined();
  expect(await open(sessions, alice, '2')).toBeDefined();
  expect(await open(sessions, alice, '3')).toBeUndefined();
  expect(await open(sessions, bob, '4')).toBeDefined();
  expect(await open(sessions, bob, '5')).toBeUndefined();
  await sessions.closeAll();
});

it('closes what was idle for long, keeps what has a stream open', async () => {
  const clock = { now: 0 };
  const sessions = makeSessions(clock);
  await open(sessions, alice, 'idle');
  const busy = await open(sessions, alice, 'busy');
  if (busy !== undefined) busy.open = 1;
  clock.now = 60_001;
  await sessions.sweep(everyone);
  expect(sessions.find('idle', alice)).toBeUndefined();
  expect(sessions.find('busy', alice)).toBe(busy);
  await sessions.closeAll();
});

it('closes the sessions of a revoked token', async () => {
  const sessions = makeSessions({ now: 0 });
  await open(sessions, alice, '1');
  await open(sessions, bob, '2');
  await sessions.sweep((principalId) => Promise.resolve(principalId !== 'a'));
  expect(sessions.find('1', alice)).toBeUndefined();
  expect(sessions.find('2', bob)).toBeDefined();
  await sessions.closeAll();
});

describe('the event ring', () => {
  const message = (id: number): JSONRPCMessage => ({ jsonrpc: '2.0', method: 'x', params: { id } });
  async function replay(ring: EventRing, after: string): Promise<unknown[]> {
    const seen: unknown[] = [];
    await ring.replayEventsAfter(after, {
      send: (_id, one) => {
        seen.push('params' in one ? one.params?.['id'] : undefined);
        return Promise.resolve();
      },
    });
    return seen;
  }

  it('gives one stream what came after the id, and nothing of another', async () => {
    const ring = new EventRing();
    const first = await ring.storeEvent('a', message(1));
    await ring.storeEvent('b', message(2));
    await ring.storeEvent('a', message(3));
    expect(await replay(ring, first)).toEqual([3]);
  });

  it('keeps a bounded number and size', async () => {
    const ring = new EventRing();
    const first = await ring.storeEvent('a', message(0));
    for (let i = 1; i <= 500; i++) await ring.storeEvent('a', message(i));
    expect(await replay(ring, first)).toHaveLength(200);
    await ring.storeEvent('a', {
      jsonrpc: '2.0',
      method: 'x',
      params: { id: 501, pad: 'x'.repeat(1_000_000) },
    });
    expect(await replay(ring, first)).toEqual([501]);
  });

  it('refuses an id that is not its own', async () => {
    await expect(replay(new EventRing(), 'nonsense')).rejects.toThrow('Last-Event-ID');
  });
});
