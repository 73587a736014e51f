/** Bounds how much one principal, and all together, may hold open. */
export class HoldLimit {
  readonly #perPrincipal: number;
  readonly #total: number;
  readonly #held = new Map<string, number>();
  #all = 0;

  constructor({ perPrincipal, total }: { perPrincipal: number; total: number }) {
    this.#perPrincipal = perPrincipal;
    this.#total = total;
  }

  /** How many are held now. */
  get held(): number {
    return this.#all;
  }

  /** @returns the way to give it back (safe twice); `undefined` when the bound is reached. */
  take(principalId: string): (() => void) | undefined {
    const held = this.#held.get(principalId) ?? 0;
    if (held >= this.#perPrincipal || this.#all >= this.#total) return undefined;
    this.#held.set(principalId, held + 1);
    this.#all++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#all--;
      const left = (this.#held.get(principalId) ?? 1) - 1;
      if (left === 0) this.#held.delete(principalId);
      else this.#held.set(principalId, left);
    };
  }
}
