import type { Answer } from '../http/answer.ts';

/** An error answer of the PVE API. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly errors: Readonly<Record<string, string>> | undefined;
  /** Only the reason phrase, no body. */
  readonly bare: boolean;
  readonly delayMs: number;

  constructor(
    status: number,
    message: string,
    options: { errors?: Readonly<Record<string, string>>; bare?: boolean; delayMs?: number } = {},
  ) {
    super(message);
    this.status = status;
    this.errors = options.errors;
    this.bare = options.bare ?? false;
    this.delayMs = options.delayMs ?? 0;
  }

  toAnswer(): Answer {
    const base = { status: this.status, reason: this.message, delayMs: this.delayMs };
    if (this.bare) return base;
    const isRouting = this.status === 501 || this.status === 424;
    return {
      ...base,
      body: JSON.stringify({
        data: null,
        message: isRouting ? this.message : `${this.message}\n`,
        ...(this.errors === undefined ? {} : { errors: this.errors }),
      }),
    };
  }
}

/** 400 with one text per parameter. */
export function parameterError(errors: Readonly<Record<string, string>>): ApiError {
  return new ApiError(400, 'Parameter verification failed.', { errors });
}
