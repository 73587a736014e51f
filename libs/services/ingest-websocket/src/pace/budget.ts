/** Bounds the requests to one host: an average per second, with a purse for bursts. */
export interface Budget {
  /** Takes one request from the purse if more than `reserve` are in it. */
  tryTake(reserve?: number): boolean;
  /** Milliseconds until one request is in the purse; 0 when it is. */
  waitMs(): number;
}

/** A token bucket that starts full. */
export function createBudget(options: {
  readonly perSecond: number;
  readonly burst: number;
  readonly now: () => number;
}): Budget {
  const { perSecond, burst, now } = options;
  let purse = burst;
  let filledAt = now();
  const fill = () => {
    const at = now();
    // A clock set back must not empty the purse for as long as it was set back.
    purse = Math.min(burst, purse + (Math.max(0, at - filledAt) / 1000) * perSecond);
    filledAt = at;
  };
  return {
    tryTake(reserve = 0) {
      fill();
      if (purse < 1 + reserve) return false;
      purse -= 1;
      return true;
    },
    waitMs() {
      fill();
      return purse >= 1 ? 0 : Math.ceil(((1 - purse) / perSecond) * 1000);
    },
  };
}
