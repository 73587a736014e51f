import { parseArgs } from 'node:util';
import { killAtRandom } from './random-kills.ts';

// node apps/e2e/src/core/main.ts: fifty kills during five thousand notifications. The seed brings the moments of the kills back.
const { values } = parseArgs({
  options: {
    notifications: { type: 'string', default: '5000' },
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const begun = performance.now();
const outcome = await killAtRandom(Number(values.notifications), Number(values.kills), Number(values.seed));
const figure = (name: string, value: number, unit: string, pass?: boolean) =>
  console.log(JSON.stringify({ name, figure: value, unit, ...(pass === undefined ? {} : { pass }) }));
for (const fault of outcome.faults) console.log(`fault: ${fault}`);
figure('seed', outcome.seed, '(brings the moments back)');
figure('notifications', outcome.notifications, 'told');
figure('kill -9', outcome.kills, 'times');
figure('refused by the channel', outcome.refused, 'attempts');
figure('accepted again after a crash before the record, same key', outcome.repeated, 'notifications');
figure('lost, or repeated otherwise', outcome.faults.length, 'notifications', outcome.faults.length === 0);
figure('wall time', Math.round((performance.now() - begun) / 1_000), 's');
