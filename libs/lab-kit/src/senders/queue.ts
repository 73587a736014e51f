const MAX_QUEUED = 10_000;
const MAX_FAILURES = 100;

/** Does jobs one after the other; a job that fails is noted, and the next one is done all the same. */
export class Queue {
  readonly #name: string;
  #tail: Promise<void> = Promise.resolve();
  #queued = 0;
  readonly #failures: string[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  /** What did not arrive, oldest first; at most 100. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Adds a job; past 10,000 waiting ones it is dropped and noted. */
  add(job: () => Promise<void>): void {
    if (this.#queued >= MAX_QUEUED) {
      this.#note('queue full');
      return;
    }
    this.#queued++;
    this.#tail = this.#tail.then(job).then(
      () => void this.#queued--,
      (error: unknown) => {
        this.#queued--;
        this.#note(error instanceof Error ? error.message : String(error));
      },
    );
  }

  /** Resolves when everything added so far was done. */
  async settled(): Promise<void> {
    let seen: Promise<void> | undefined;
    while (seen !== this.#tail) {
      seen = this.#tail;
      await seen;
    }
  }

  #note(reason: string): void {
    if (this.#failures.length < MAX_FAILURES) this.#failures.push(`${this.#name}: ${reason}`);
  }
}
