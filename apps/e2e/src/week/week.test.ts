import { liveThroughWeek } from './calm-week.ts';
import { startLabLife } from './lab-life.ts';
import { openWeek, type Week } from './open-week.ts';

const NODES = ['pve1', 'pve2', 'pve3'];
const SLOWER = { WEBSOCKET_TASKS_SECONDS: '15', WEBSOCKET_RESOURCES_SECONDS: '15' };

let week: Week;
beforeEach(async () => {
  week = await openWeek(NODES, SLOWER);
});
afterEach(() => week.close());

it('says nothing in a week of backups in stop mode, migrations, a rolling upgrade and guests stopped by hand', async () => {
  const life = startLabLife(week, NODES);
  await liveThroughWeek(week, life);
  expect(week.messages).toEqual([]);
}, 600_000);
