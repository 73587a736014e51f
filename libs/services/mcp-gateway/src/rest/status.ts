import type { ErrorBody } from '../tools/tool-error.ts';

/** HTTP status of a tool's failure. */
export function statusOf(error: ErrorBody): number {
  switch (error.code) {
    case 'not_found':
      return 404;
    case 'ambiguous':
    case 'locked':
    case 'drift':
      return 409;
    case 'invalid':
      return 400;
    case 'permission':
    case 'policy_denied':
    case 'approval_required':
    case 'approval_denied':
    case 'approval_expired':
    case 'frozen':
    case 'window_closed':
      return 403;
    case 'busy':
      return 429;
    case 'timeout':
      return 504;
    case 'upstream_down':
    case 'tls':
      return 502;
    case 'unsupported_version':
      return 501;
  }
}
