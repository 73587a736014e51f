import { createHmac, timingSafeEqual } from 'node:crypto';

const LIFETIME_SECONDS = 7_200;
const hex = (n: number) => Math.floor(n).toString(16).toUpperCase().padStart(8, '0');

/** Makes and checks login tickets and CSRF tokens, valid for two hours. */
export class Tickets {
  readonly #key: string;
  readonly #product: 'PVE' | 'PBS';
  readonly #nowSeconds: () => number;

  constructor(options: { product: 'PVE' | 'PBS'; key: string; nowSeconds: () => number }) {
    this.#key = options.key;
    this.#product = options.product;
    this.#nowSeconds = options.nowSeconds;
  }

  issue(userid: string): { ticket: string; csrf: string } {
    const stamp = hex(this.#nowSeconds());
    return {
      ticket: `${this.#product}:${userid}:${stamp}::${this.#sign(`${userid}:${stamp}`)}`,
      csrf: `${stamp}:${this.#sign(`csrf:${userid}:${stamp}`)}`,
    };
  }

  /** The user of a good ticket. */
  userOf(ticket: string): string | undefined {
    const match = /^(PVE|PBS):([^:\s]{1,200}):([0-9A-F]{8})::(\S{1,200})$/.exec(ticket);
    const [, product, userid = '', stamp = '', signature = ''] = match ?? [];
    if (product !== this.#product || !this.#isFresh(stamp)) return undefined;
    return same(signature, this.#sign(`${userid}:${stamp}`)) ? userid : undefined;
  }

  isCsrfOf(userid: string, csrf: string | undefined): boolean {
    const [stamp = '', signature = ''] = (csrf ?? '').split(':');
    return this.#isFresh(stamp) && same(signature, this.#sign(`csrf:${userid}:${stamp}`));
  }

  #isFresh(stamp: string): boolean {
    const age = this.#nowSeconds() - Number.parseInt(stamp, 16);
    return age >= -300 && age < LIFETIME_SECONDS;
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
