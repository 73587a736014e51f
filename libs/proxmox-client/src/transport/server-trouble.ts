import type { Degradation } from '@proxmox-mcp/schemas';
import { TransportFailure, connectFailure } from './failure.ts';

/** Settings that a fix can name. */
export interface ServerSettings {
  /** Address of the server: `GOTIFY_IN_SERVER_URL`. */
  readonly url: string;
  /** Pin of its certificate: `GOTIFY_IN_FINGERPRINT`. */
  readonly fingerprint: string;
}

/** Why a server that was asked through a trusted connector gave no answer, and the setting that mends it. Repeats no URL. */
export function serverTrouble(error: unknown, settings: ServerSettings): Omit<Degradation, 'since'> {
  const failure = innermost(error);
  const detail = failure.message.slice(0, 500);
  if (failure.kind !== 'tls' && failure.kind !== 'fingerprint') {
    return { reason: 'unreachable', detail, fix: `check ${settings.url}, the server and the firewall` };
  }
  const seen = failure.seenFingerprint;
  const fix =
    seen === undefined
      ? `check that ${settings.url} names a port that speaks TLS, or write http://`
      : `if the certificate is yours: ${settings.fingerprint}=${seen}`;
  return { reason: 'tls', detail, fix };
}

/** undici and ws hand on what the connector said, bare or as a cause. */
function innermost(error: unknown): TransportFailure {
  if (error instanceof TransportFailure) return error;
  if (error instanceof Error && error.cause instanceof TransportFailure) return error.cause;
  return connectFailure(error);
}
