import { NoAnswer, type Bus } from '@proxmox-mcp/bus';
import type { RequestSubject } from '@proxmox-mcp/schemas';
import { ToolError } from '../tools/tool-error.ts';

/** An answer that says no. */
interface Refused {
  readonly ok: false;
  readonly code: 'not_found' | 'invalid';
  readonly message: string;
}

/**
 * Asks a service on the bus and answers what it granted.
 *
 * @throws {ToolError} the code and words of its refusal; `upstream_down` with the service's name when nobody answers.
 */
export async function askService<Q, A extends { readonly ok: boolean }>(
  bus: Bus,
  service: 'state' | 'notifier',
  { subject, question }: { readonly subject: RequestSubject<Q, A>; readonly question: Q },
): Promise<Exclude<A, { readonly ok: false }>> {
  const answer: A | Refused = await bus.request(subject, question).catch((error: unknown) => {
    if (!(error instanceof NoAnswer)) throw error;
    throw new ToolError('upstream_down', `the ${service} service did not answer`, {
      hint: `is the service "${service}" running? try again in a few seconds`,
      cause: error,
    });
  });
  if (isRefused(answer)) throw new ToolError(answer.code, answer.message);
  // Every answer that is not refused is granted: `ok` tells the two apart in all of these schemas.
  return answer as Exclude<A, { readonly ok: false }>;
}

function isRefused(answer: { readonly ok: boolean }): answer is Refused {
  return !answer.ok;
}
