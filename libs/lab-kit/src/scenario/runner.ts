import type { World } from '../world/world.ts';
import { ACTIONS } from './actions.ts';
import { ScenarioError, type Scenario } from './scenario.ts';
import { StepArguments } from './step-arguments.ts';

/** A scenario that is being played. */
export interface Playing {
  readonly scenario: Scenario;
  /** Resolves when the scenario is over and all tasks of the world have ended, or when it was stopped. */
  readonly done: Promise<void>;
  /** Does no further steps; what they started goes on. */
  stop(): void;
}

/** How often the end is looked for once the last step is done, world milliseconds. */
const SETTLE_MS = 1_000;

/**
 * Plays a scenario in world time, starting now.
 *
 * @throws {ScenarioError} before anything is done, when a step is unknown or lacks something.
 */
export function playScenario(world: World, scenario: Scenario): Playing {
  const { clock } = world;
  const startedAt = clock.now();
  const steps = scenario.steps.map((step, index) => {
    const action = ACTIONS[step.action];
    const where = `${scenario.name}, steps[${index}] (${step.action})`;
    if (action === undefined)
      throw new ScenarioError(`${where}: no such action; there are ${Object.keys(ACTIONS).join(', ')}`);
    const args = new StepArguments(where, step.args);
    const run = action(world, args);
    args.finish();
    return { atMs: step.atMs, run };
  });
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  const cancels = steps.map(({ atMs, run }) => clock.schedule(startedAt + atMs, run));
  const isBusy = () => [...world.sites, world.pbs].some((site) => site.tasks.running().length > 0);
  const settle = () => {
    if (isBusy()) cancels.push(clock.schedule(clock.now() + SETTLE_MS, settle));
    else finish();
  };
  const last = Math.max(scenario.lastsMs, ...steps.map((s) => s.atMs));
  cancels.push(clock.schedule(startedAt + last, settle));
  return {
    scenario,
    done,
    stop() {
      for (const cancel of cancels) cancel();
      finish();
    },
  };
}
