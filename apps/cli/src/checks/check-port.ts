import { createServer } from 'node:net';
import type { Check } from './check.ts';

export interface PortToCheck {
  /** Service that listens there. */
  readonly service: string;
  readonly host: string;
  readonly port: number;
  /** Setting that moves it. */
  readonly key: string;
  /** Admin address of a product that may be running already. */
  readonly adminUrl: string;
}

/** Whether a way in can listen where it should, or does so already. */
export async function checkPort({ service, host, port, key, adminUrl }: PortToCheck): Promise<Check> {
  const what = `${service}: listens on ${host}:${port}`;
  const refusal = await tryListen(host, port);
  if (refusal === undefined) return { status: 'passed', what: `${what} when started` };
  if (refusal === 'EADDRINUSE' && (await isOurs(adminUrl, service))) return { status: 'passed', what };
  return { status: 'failed', what, cause: `cannot listen (${refusal})`, fix: `free the port or set ${key}` };
}

function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (err: NodeJS.ErrnoException) => resolve(err.code ?? 'unknown'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

async function isOurs(adminUrl: string, service: string): Promise<boolean> {
  try {
    const answer = await fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(3_000) });
    const body = (await answer.json()) as { services?: Record<string, { ready?: boolean }> };
    return body.services?.[service]?.ready === true;
  } catch {
    return false;
  }
}
