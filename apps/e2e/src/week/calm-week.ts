import type { LabLife } from './lab-life.ts';
import type { Week } from '../testing/open-week.ts';

/** One day's part of the week, added to what happens anyway. */
export type Extra = (day: number) => Promise<void>;

const NODES = ['pve1', 'pve2', 'pve3'];

/**
 * Seven days of what operators do: nightly backups in stop mode, migrations, a rolling upgrade, guests stopped and started.
 *
 * @param afternoon what goes wrong, after each day's work.
 * @param failing what the night's backup of a day stumbles over.
 */
export async function liveThroughWeek(
  week: Week,
  life: LabLife,
  {
    afternoon = () => Promise.resolve(),
    failing = () => undefined,
  }: {
    readonly afternoon?: Extra;
    readonly failing?: (day: number) => ReadonlyMap<number, string> | undefined;
  } = {},
): Promise<void> {
  for (let day = 0; day < 7; day++) {
    await week.passTo(day, 1);
    await life.nightly(failing(day));
    await week.passTo(day, 9);
    await life.stopForAWhile(104, 1_800);
    await life.migrate(101, NODES[(day + 1) % 3] ?? 'pve1');
    await life.migrate(112, day % 2 === 0 ? 'pve1' : 'pve2');
    if (day === 2) for (const node of NODES) await life.reboot(node);
    if (day === 3) await life.rollback(105);
    if (day === 4) await life.createAndDestroy(900, 'pve1');
    await week.passTo(day, 14);
    await afternoon(day);
  }
  await week.passTo(7, 2);
}
