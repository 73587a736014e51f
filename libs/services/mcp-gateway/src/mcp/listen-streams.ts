import type { ServerResponse } from 'node:http';
import { HoldLimit } from '../wait/limits.ts';

/** The long streams of `subscriptions/listen`: bounded per principal, and ended when the principal is no more. */
export class ListenStreams {
  readonly #limit: HoldLimit;
  readonly #open = new Map<ServerResponse, string>();

  constructor(limits: { perPrincipal: number; total: number }) {
    this.#limit = new HoldLimit(limits);
  }

  /** Counts a stream until its response closes. @returns `false` when there are too many. */
  open(principalId: string, response: ServerResponse): boolean {
    const release = this.#limit.take(principalId);
    if (release === undefined) return false;
    this.#open.set(response, principalId);
    response.once('close', () => {
      this.#open.delete(response);
      release();
    });
    return true;
  }

  /** Ends the streams of principals that are no more. */
  async sweep(isCurrent: (principalId: string) => Promise<boolean>): Promise<void> {
    for (const [response, principalId] of [...this.#open]) {
      if (!(await isCurrent(principalId))) response.destroy();
    }
  }
}
