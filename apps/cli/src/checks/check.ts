/** One thing looked at by `test-connection`. */
export interface Check {
  readonly status: 'passed' | 'failed' | 'warned';
  /** What was looked at, and what was seen. */
  readonly what: string;
  /** Why it failed. */
  readonly cause?: string;
  /** The exact command to run or setting to change. */
  readonly fix?: string;
}

const MARK: Readonly<Record<Check['status'], string>> = { passed: '✅', failed: '❌', warned: '⚠️' };

/** A check as one line for people. */
export function checkLine({ status, what, cause, fix }: Check): string {
  return [`${MARK[status]} ${what}`, cause, fix === undefined ? undefined : `→ ${fix}`]
    .filter((part) => part !== undefined)
    .join(' — ');
}
