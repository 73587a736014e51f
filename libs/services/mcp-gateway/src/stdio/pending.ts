import type { Id } from './message.ts';

interface Request {
  readonly abort: AbortController;
  readonly answered: Promise<void>;
  readonly settle: () => void;
  /** A stream that ends only with its client. */
  readonly isEndless: boolean;
}

/** Requests that were passed on and are not answered yet. */
export class Pending {
  readonly #max: number;
  readonly #requests = new Map<Id, Request>();

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns `undefined` when the id is under way already, or too many are. */
  add(
    id: Id,
    isEndless: boolean,
  ): { readonly signal: AbortSignal; readonly answered: Promise<void> } | undefined {
    if (this.#requests.has(id) || this.#requests.size >= this.#max) return undefined;
    const { promise: answered, resolve: settle } = Promise.withResolvers<void>();
    const abort = new AbortController();
    this.#requests.set(id, { abort, answered, settle, isEndless });
    return { signal: abort.signal, answered };
  }

  has(id: Id): boolean {
    return this.#requests.has(id);
  }

  /** Its answer came, or will not come. */
  settle(id: Id): void {
    this.#requests.get(id)?.settle();
    this.#requests.delete(id);
  }

  /** Its sender does not want it any more: closes the stream it is answered on. */
  abort(id: Id): void {
    const request = this.#requests.get(id);
    this.settle(id);
    request?.abort.abort();
  }

  /** Resolves when nothing is under way but streams that never end by themselves. */
  async allAnswered(): Promise<void> {
    const open = [...this.#requests.values()].filter(({ isEndless }) => !isEndless);
    await Promise.all(open.map(({ answered }) => answered));
  }
}
