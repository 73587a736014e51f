/** Proves who we are, one request at a time. */
export interface Credentials {
  /**
   * Headers for a request. May log in first; several callers share one login.
   *
   * @throws {ProxmoxError} of kind `auth` or of transport, when logging in fails.
   */
  headers(isWrite: boolean, signal: AbortSignal | undefined): Promise<Readonly<Record<string, string>>>;
  /** Told of a 401 to `headers`: true when a new login may help, so the call is worth repeating once. */
  refused(headers: Readonly<Record<string, string>>): boolean;
  /** Texts that must not appear in any message. */
  secrets(): readonly string[];
}
