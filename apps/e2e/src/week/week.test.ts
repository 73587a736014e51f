import { liveThroughWeek } from './calm-week.ts';
import { startLabLife } from './lab-life.ts';
import { openWeek, type Week } from '../testing/open-week.ts';
import { failingNight, PLANTED, plantFaults } from './plant-faults.ts';

const NODES = ['pve1', 'pve2', 'pve3'];
const SLOWER = { WEBSOCKET_TASKS_SECONDS: '15', WEBSOCKET_RESOURCES_SECONDS: '15' };

let week: Week;
beforeEach(async () => {
  week = await openWeek(NODES, SLOWER);
});
afterEach(() => week.close());

/** The calm week is in it: a message about anything else than what was planted is a false one. */
it('tells of twelve faults planted in a busy week, each once and of its end once, and of nothing else', async () => {
  const life = startLabLife(week, NODES);
  const afternoon = plantFaults(week, life);
  await liveThroughWeek(week, life, { afternoon, failing: failingNight });
  const titles = (kind: string) =>
    week.messages.filter((message) => message.kind === kind).map(({ title }) => title);
  expect(titles('opened')).toEqual(PLANTED.map(({ title }) => expect.stringMatching(title)));
  expect(titles('resolved').toSorted()).toEqual(
    titles('opened')
      .map((title) => `RESOLVED: ${title.slice(title.indexOf(': ') + 2)}`)
      .toSorted(),
  );
  expect(week.messages).toHaveLength(2 * PLANTED.length);
  const told = (await week.incidents()).filter(({ id }) =>
    week.messages.some(({ incidentId }) => incidentId === id),
  );
  expect(told.map(({ condition }) => condition).toSorted()).toEqual(
    PLANTED.map(({ condition }) => condition).toSorted(),
  );
}, 900_000);
