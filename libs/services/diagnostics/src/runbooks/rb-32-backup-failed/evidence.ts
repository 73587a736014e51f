/** What RB-32 looks at. Plain data, so that a test case is a JSON file. */
export interface BackupFailedEvidence {
  readonly node: string;
  readonly upid?: string;
  readonly jobId?: string;
  /** Storage the job writes to. */
  readonly storage?: string;
  /** Error of the job as a whole. */
  readonly error?: string;
  readonly failed: readonly FailedGuest[];
  readonly okCount: number;
  /** Lines of the task log that say what went wrong. */
  readonly errorLines: readonly string[];
  /** The storage as the node sees it now; absent when it could not be asked. */
  readonly target?: {
    readonly active: boolean;
    readonly enabled: boolean;
    readonly type?: string;
    readonly usedBytes?: number;
    readonly totalBytes?: number;
  };
}

/** A guest whose backup failed. */
export interface FailedGuest {
  readonly vmid: number;
  readonly name?: string;
  readonly error?: string;
  /** As it is now. */
  readonly status?: string;
  readonly lock?: string;
  /** Where it is now. */
  readonly node?: string;
}
