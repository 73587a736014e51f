import { openToolBench, type ToolBench } from '../testing/tool-bench.ts';

let bench: ToolBench;
beforeEach(async () => {
  bench = await openToolBench({ now: () => Date.parse('2026-11-20T12:00:00Z') });
});
afterEach(() => bench.close());

it('tells the state service who acknowledged', async () => {
  expect(await bench.ask('incident_update', { id: 'inc-1', op: 'acknowledge', note: 'on it' })).toMatchObject(
    {
      data: { id: 'inc-1', status: 'acknowledged', acknowledgedBy: 'alice' },
    },
  );
  expect(bench.history.asked.commands).toEqual([
    { id: 'inc-1', op: 'acknowledge', by: 'alice', note: 'on it' },
  ]);
});

it('counts a duration for snooze from now on', async () => {
  await bench.ask('incident_update', { id: 'inc-1', op: 'snooze', until: '2h' });
  expect(bench.history.asked.commands).toMatchObject([{ until: '2026-11-20T14:00:00.000Z' }]);
});

it('merges an incident into another', async () => {
  await bench.ask('incident_update', { id: 'inc-1', op: 'merge', into: 'inc-0', note: 'one cause' });
  expect(bench.history.asked.commands).toEqual([
    { id: 'inc-1', op: 'merge', into: 'inc-0', by: 'alice', note: 'one cause' },
  ]);
});

it.each([
  [{ id: 'inc-1', op: 'snooze' }, 'invalid'],
  [{ id: 'inc-1', op: 'merge' }, 'invalid'],
  [{ id: 'inc-1', op: 'merge', into: 'inc-1' }, 'invalid'],
  [{ id: 'inc-1', op: 'comment' }, 'invalid'],
  [{ id: 'inc-1', op: 'delete' }, 'invalid'],
  [{ id: 'none', op: 'resolve' }, 'not_found'],
])('refuses %j with code %s', async (args, code) => {
  expect(await bench.call('incident_update', args)).toMatchObject({ ok: false, structured: { code } });
});

it('is refused to a token of tier read, with the way to get one that may', async () => {
  const outcome = await bench.call('incident_update', { id: 'inc-1', op: 'resolve' }, { tier: 'read' });
  expect(outcome).toMatchObject({
    ok: false,
    structured: { code: 'permission', hint: expect.stringContaining('--scope operate') },
  });
  expect(bench.history.asked.commands).toEqual([]);
});
