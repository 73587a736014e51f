import fc from 'fast-check';
import { catchUp } from './catch-up.ts';
import type { GotifyClient } from './client.ts';
import { isNew, placeAfter, type Place } from './place.ts';

const START = Date.UTC(2026, 2, 14);
const signal = new AbortController().signal;

/** A server that answers as GET /message does, and to which messages come while it is read. */
function server(
  ids: readonly number[],
  arriving: number[],
  maxPerAnswer: number,
): Pick<GotifyClient, 'page'> {
  const stored = [...ids];
  return {
    async page({ limit, since }) {
      const below = stored.filter((id) => since === undefined || id < since).toReversed();
      const next = arriving.shift();
      if (next !== undefined) stored.push(next);
      if (Math.min(limit, below.length) > maxPerAnswer) return undefined;
      return below.slice(0, limit).map((id) => ({
        id,
        appid: 1,
        title: '',
        message: 'm',
        date: new Date(START + id * 1_000).toISOString(),
      }));
    },
  };
}

it('takes everything after the place once and in order, however pages fall and whatever comes meanwhile', async () => {
  const scenario = fc.record({
    gaps: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 300 }),
    read: fc.nat(300),
    arrivals: fc.nat(5),
    maxPerAnswer: fc.integer({ min: 1, max: 60 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ gaps, read, arrivals, maxPerAnswer }) => {
      const ids = gaps.map((_, i) => gaps.slice(0, i + 1).reduce((sum, gap) => sum + gap, 0));
      const last = ids.at(-1) ?? 0;
      const arriving = Array.from({ length: arrivals }, (_, i) => last + 1 + i);
      const id = ids[Math.min(read, ids.length) - 1] ?? 0;
      let place: Place = { id, newestMs: id === 0 ? 0 : START + id * 1_000 };
      const now = START + 1e9;
      const taken: number[] = [];
      await catchUp({
        client: server(ids, arriving, maxPerAnswer),
        signal,
        isNew: (entry) => isNew(entry, place, now),
        async take(entry) {
          taken.push(entry.id);
          place = placeAfter(place, entry, now);
        },
      });
      const expected = ids.filter((one) => one > id);
      // What came while we read may be taken now or by the stream after it, but not in between.
      expect(taken.slice(0, expected.length)).toEqual(expected);
      expect(taken).toEqual(taken.toSorted((a, b) => a - b));
      expect(new Set(taken).size).toBe(taken.length);
    }),
  );
});

it('says what to do about one message that is too large to be read', async () => {
  const client = { page: async () => undefined };
  await expect(
    catchUp({ client, signal, isNew: () => true, take: async () => undefined }),
  ).rejects.toMatchObject({ name: 'SourceFailure', trouble: { reason: 'too-large' } });
});
