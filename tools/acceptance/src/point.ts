/** What running one acceptance point came to. */
export interface Verdict {
  readonly status: 'pass' | 'fail' | 'skip';
  /** What was seen, on one line: figures, or why not. */
  readonly figure: string;
}

/** One acceptance point: `apps/e2e/acceptance/<part>.<point>-<name>.ts` exports it as `point`. */
export interface AcceptancePoint {
  /** Takes hours; runs only with --long. */
  readonly long?: boolean;
  accept(): Promise<Verdict>;
}
