import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { hearDay } from './hear-day.ts';
import { judge } from './truth.ts';

// node apps/e2e/src/soak/main.ts --speed 60: the whole day, and where facts and truth differ.
const { values } = parseArgs({ options: { speed: { type: 'string', default: '60' } } });
const begun = performance.now();
const day = await hearDay(readFileSync(new URL('./day.yaml', import.meta.url), 'utf8'), Number(values.speed));
const { counts, faults } = judge(day);
const figure = (name: string, value: number, unit: string, pass?: boolean) =>
  console.log(JSON.stringify({ name, figure: value, unit, ...(pass === undefined ? {} : { pass }) }));
for (const fault of faults) console.log(`fault: ${fault}`);
for (const { reason, origin } of day.deadLetters) console.log(`dead letter: ${reason} from ${origin}`);
for (const line of day.undelivered) console.log(`undelivered: ${line}`);
figure('wall time', Math.round((performance.now() - begun) / 1000), 's');
for (const [channel, count] of Object.entries(day.reports)) figure(`reports by ${channel}`, count, 'events');
figure('tasks', counts.tasks, 'facts');
figure('guests of backup jobs', counts.parts, 'facts');
figure('everything else', counts.others, 'facts');
figure('differences from the truth', faults.length, 'facts', faults.length === 0);
figure('dead letters', day.deadLetters.length, 'inputs', day.deadLetters.length === 0);
