/** Stable codes of failed calls (TOOLS §1.6). */
export const ERROR_CODES = [
  'not_found',
  'ambiguous',
  'permission',
  'locked',
  'busy',
  'timeout',
  'upstream_down',
  'tls',
  'drift',
  'approval_required',
  'approval_denied',
  'approval_expired',
  'policy_denied',
  'frozen',
  'window_closed',
  'invalid',
  'unsupported_version',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What a caller reads of a failed call. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly retryable: boolean;
  /** Candidates of an ambiguous name and the like. */
  readonly candidates?: readonly string[];
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['locked', 'busy', 'timeout', 'upstream_down']);

/** A tool cannot do what was asked. The message is for the caller: no secrets, no foreign text. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly body: ErrorBody;
  constructor(
    code: ErrorCode,
    message: string,
    details: { hint?: string; candidates?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.body = {
      code,
      message,
      ...(details.hint === undefined ? {} : { hint: details.hint }),
      retryable: RETRYABLE.has(code),
      ...(details.candidates === undefined ? {} : { candidates: details.candidates }),
    };
  }
}
