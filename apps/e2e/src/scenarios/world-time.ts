import type { Lab, Scenario, SteppedClock } from '@proxmox-mcp/lab-kit';

/** World milliseconds per turn while something may be going on. */
const STEP_MS = 1_000;
/** Wall milliseconds per turn: what is on its way through sockets gets there before the world is much older. */
const TURN_MS = 5;
/** World milliseconds after a step during which the world moves slowly. */
const AWAKE_MS = 60_000;
/** Scenarios of at most this length are always played slowly: nodes and storages change without any task. */
const SHORT_MS = 10 * 60_000;
const LONGEST_STEP_MS = 10 * 60_000;

/** Moves the world's time on for a scenario: slowly while something is going on, in leaps through the quiet between nights. */
export interface WorldTime {
  /** Moves on until the scenario is over. */
  play(scenario: Scenario): Promise<void>;
  /** Moves on by so many world seconds, slowly. */
  pass(seconds: number): Promise<void>;
}

/** One turn of the world is one turn of our own event loop, so that a slow machine slows the world and loses nothing of it. */
export function createWorldTime(lab: Lab, clock: SteppedClock): WorldTime {
  const turn = async (ms: number) => {
    clock.advance(ms);
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  };
  const isBusy = () => [...lab.world.sites, lab.pbs].some((site) => [...site.tasks.running()].length > 0);

  return {
    async play(scenario) {
      const startedAt = clock.now();
      const steps = scenario.steps.map((step) => startedAt + step.atMs);
      let isOver = false;
      let awakeUntil = startedAt + AWAKE_MS;
      const playing = lab.play(scenario);
      void playing.done.then(() => (isOver = true));
      while (!isOver) {
        const now = clock.now();
        const next = Math.min(...steps.filter((at) => at > now), startedAt + scenario.lastsMs);
        const hasStepped = steps.some((at) => at <= now && at > now - STEP_MS);
        if (hasStepped || isBusy()) awakeUntil = now + AWAKE_MS;
        const isAwake = now < awakeUntil || scenario.lastsMs <= SHORT_MS;
        await turn(isAwake ? STEP_MS : Math.min(LONGEST_STEP_MS, Math.max(STEP_MS, (next - now) / 10)));
      }
    },
    async pass(seconds) {
      for (let ms = 0; ms < seconds * 1000; ms += STEP_MS) await turn(STEP_MS);
    },
  };
}
