import type { ProxmoxErrorKind } from '../error.ts';

/** The kinds of trouble below HTTP. */
export type FailureKind = Extract<
  ProxmoxErrorKind,
  | 'unreachable'
  | 'disconnected'
  | 'timeout'
  | 'tls'
  | 'fingerprint'
  | 'truncated'
  | 'too-large'
  | 'aborted'
  | 'closed'
>;

/** No whole answer came. Carries no address of the call: who made it adds that. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure';
  readonly kind: FailureKind;
  readonly expectedFingerprint: string | undefined;
  readonly seenFingerprint: string | undefined;

  constructor(
    kind: FailureKind,
    detail: string,
    more: { cause?: unknown; expectedFingerprint?: string; seenFingerprint?: string | undefined } = {},
  ) {
    super(detail, { cause: more.cause });
    this.kind = kind;
    this.expectedFingerprint = more.expectedFingerprint;
    this.seenFingerprint = more.seenFingerprint;
  }
}

/** True when not a byte of the request has left: even a write may go to the next endpoint. */
export function isBeforeSending(kind: ProxmoxErrorKind): boolean {
  return kind === 'unreachable' || kind === 'tls' || kind === 'fingerprint';
}

// By shape, not by class: errors may come from another realm.
const codeOf = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Several addresses were tried (RFC 8305): the first says as much as any.
  return 'errors' in error && Array.isArray(error.errors) ? codeOf(error.errors[0]) : undefined;
};

const SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name server does not answer',
  ETIMEDOUT: 'connecting timed out',
  // A host that goes down in the middle of a handshake; it says nothing about certificates.
  ECONNRESET: 'connection reset',
};

/** Reads an error of the socket before the connection was made. */
export function connectFailure(error: unknown): TransportFailure {
  if (error instanceof TransportFailure) return error;
  const code = codeOf(error) ?? '';
  const plain = SYSTEM[code];
  if (plain !== undefined) return new TransportFailure('unreachable', plain, { cause: error });
  // OpenSSL's own codes, and a peer that talks plain HTTP during the handshake.
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO') {
    return new TransportFailure('tls', `no TLS connection (${code})`, { cause: error });
  }
  return new TransportFailure('unreachable', `no connection${code === '' ? '' : ` (${code})`}`, {
    cause: error,
  });
}

/** Reads an error of a connection that was made. `hasStatus`: the head of an answer had arrived. */
export function exchangeFailure(error: unknown, hasStatus: boolean): TransportFailure {
  if (error instanceof TransportFailure) return error;
  const code = codeOf(error);
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new TransportFailure('closed', 'the client is closed', { cause: error });
  }
  const suffix = code === undefined ? '' : ` (${code})`;
  return hasStatus
    ? new TransportFailure('truncated', `the answer ended early${suffix}`, { cause: error })
    : new TransportFailure('disconnected', `the connection broke${suffix}`, { cause: error });
}
