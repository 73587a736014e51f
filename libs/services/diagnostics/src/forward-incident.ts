import { setTimeout as sleep } from 'node:timers/promises';
import type { Incident } from '@proxmox-mcp/schemas';

export interface ForwardParts {
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  /** Waits between attempts, in milliseconds: one attempt more than there are waits. */
  readonly waitsMs?: readonly number[];
}

/** The receiver did not take an incident. Says what happened, never where: the address may hold a key. */
export class ForwardFailed extends Error {
  override readonly name = 'ForwardFailed';
}

const TIMEOUT_MS = 5_000;

/**
 * Sends an incident to the configured receiver as JSON. The same change sent twice carries the same `Idempotency-Key`.
 *
 * @throws {ForwardFailed} refused, or not taken after all attempts.
 */
export async function forwardIncident(
  incident: Incident,
  transition: string,
  parts: ForwardParts,
): Promise<void> {
  const { url, signal, waitsMs = [1_000, 5_000] } = parts;
  const body = JSON.stringify({ transition, incident });
  let trouble = '';
  for (const wait of [0, ...waitsMs]) {
    if (wait > 0) await sleep(wait, undefined, { signal });
    try {
      const response = await parts.fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': `${incident.id}/${incident.revision}`,
        },
        body,
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await response.body?.cancel();
      if (response.ok) return;
      trouble = `HTTP ${response.status}`;
      // What was refused for what it is will be refused again.
      if (response.status < 500 && response.status !== 429 && response.status !== 408) break;
    } catch (err) {
      signal.throwIfAborted();
      trouble = err instanceof Error && err.name === 'TimeoutError' ? 'no answer in time' : 'no connection';
    }
  }
  throw new ForwardFailed(`forwarding incident ${incident.id}: ${trouble}`);
}
