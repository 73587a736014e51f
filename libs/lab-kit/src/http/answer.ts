/** What a pretend API sends back, before it is put on the wire. */
export interface Answer {
  readonly status: number;
  /** Reason phrase; PVE says there what went wrong. */
  readonly reason: string;
  /** Absent: neither Content-Length nor Content-Type are sent, as PVE does for 401, 595 and 596. */
  readonly body?: string;
  /** JSON when absent; an empty text sends none, as PVE does with errors of its HTTP server. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Wall-clock wait before the answer is sent, milliseconds. */
  readonly delayMs?: number;
}

/** One request as the server read it. */
export interface RawRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly remoteAddress: string;
}
