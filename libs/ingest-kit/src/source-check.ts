/** One thing looked at about a server that a way in reads, for `test-connection`. */
export interface SourceCheck {
  readonly status: 'passed' | 'failed' | 'warned';
  /** What was looked at, and what was seen. */
  readonly what: string;
  /** Why it failed. */
  readonly cause?: string;
  /** The setting to change. */
  readonly fix?: string;
}
