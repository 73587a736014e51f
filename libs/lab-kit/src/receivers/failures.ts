/** Refusals that were ordered with `failNext`. */
export class Failures {
  #left = 0;
  #status = 500;
  #headers: Readonly<Record<string, string>> = {};

  order(count: number, status: number, headers: Readonly<Record<string, string>> = {}): void {
    this.#left = count;
    this.#status = status;
    this.#headers = headers;
  }

  /** The next refusal, `undefined` when none is left. */
  take(): { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined {
    if (this.#left <= 0) return undefined;
    this.#left--;
    return { status: this.#status, headers: this.#headers };
  }
}
