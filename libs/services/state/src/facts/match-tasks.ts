import type { Task } from './keys/key.ts';
import type { Copies } from './notification-copies.ts';

/** How well a notification and a task fit: `exact` by a key that only one pair has, `perhaps` where nothing speaks against it. */
export type Fit = 'exact' | 'perhaps' | undefined;

/**
 * Finds the task of each notification. An exact pair goes together where it is the only one; of what is left, a pair goes together
 * when each is the other's only candidate. Time alone never chooses between two: then the notification stays a fact of its own
 * until more is known (PROXMOX §G.5, T3).
 */
export function matchTasks(
  groups: readonly Copies[],
  tasks: readonly Task[],
  fitOf: (group: Copies, task: Task) => Fit,
): ReadonlyMap<Copies, Task> {
  const matches = new Map<Copies, Task>();
  const fits = new Map(
    groups.map((group) => [group, new Map(tasks.map((task) => [task, fitOf(group, task)]))]),
  );
  pair('exact');
  pair('perhaps');
  return matches;

  function pair(wanted: Fit): void {
    const taken = new Set(matches.values());
    const waiting = groups.filter((group) => !matches.has(group) && !group.isAmbiguous);
    const open = tasks.filter((task) => !taken.has(task));
    // What fits exactly elsewhere is no candidate here, even where that pair was not the only one.
    const isExact = (group: Copies) => open.some((task) => fits.get(group)?.get(task) === 'exact');
    const candidates = (group: Copies) =>
      wanted === 'perhaps' && isExact(group)
        ? []
        : open.filter((task) => fits.get(group)?.get(task) === wanted);
    const suitors = new Map<Task, number>();
    for (const group of waiting)
      for (const task of candidates(group)) suitors.set(task, (suitors.get(task) ?? 0) + 1);
    for (const group of waiting) {
      const [task, second] = candidates(group);
      if (task !== undefined && second === undefined && suitors.get(task) === 1) matches.set(group, task);
    }
  }
}
