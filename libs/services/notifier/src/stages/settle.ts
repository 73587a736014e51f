/**
 * How long an opening still waits so that its message carries the cause that arrives a moment later (alertmanager's
 * `group_wait`). Counted in deliveries, not by a clock: the wait is kept by the bus, so it survives a restart, a stepped
 * clock, and incidents whose `openedAt` is hours old because a long task began then.
 *
 * @param deliveries 1 on the first delivery.
 * @returns milliseconds, 0 when it is time.
 */
export function settleDelay(deliveries: number, groupWaitMs: number): number {
  return deliveries <= 1 ? groupWaitMs : 0;
}
