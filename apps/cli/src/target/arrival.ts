import { setTimeout as sleep } from 'node:timers/promises';
import { openTrialReceiver, type Reading, type TrialOptions } from '@proxmox-mcp/ingest-webhook';
import * as z from 'zod';
import { askGateway, GatewayError, type GatewayAddress } from '../gateway-client.ts';

/** Until a product under load has stored and indexed it. */
const PRODUCT_WAIT_MS = 30_000;
/** The host has had its answer before it gives us ours: what is not here by then went somewhere else. */
const HERE_WAIT_MS = 5_000;
const POLL_MS = 250;
const SAME_SECOND_MS = 1_100;
const TEST_TYPE = 'notification.test.received';

/** Watches whether the test notification of a target really comes in. Made before the test is sent. */
export interface Arrival {
  /** Who watches, for a person. */
  readonly by: string;
  /** Resolves with whether it came, after half a minute at most. */
  seen(signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** Nobody can watch; the message says why, and what to do. */
export class CannotWatch extends Error {
  override readonly name = 'CannotWatch';
}

const Answer = z.looseObject({ items: z.array(z.looseObject({ id: z.string() })) });

/** The running product watches: its events are asked for. @throws {GatewayError} it does not answer. */
export async function watchProduct(
  address: GatewayAddress,
  target: string,
  signal: AbortSignal,
): Promise<Arrival> {
  const tests = async (): Promise<string[]> => {
    const body = { source: ['webhook'], kind: [TEST_TYPE], text: `target ${target} `, limit: 50 };
    const answer = await askGateway(address, '/api/v1/tools/events_query', { method: 'POST', body, signal });
    return Answer.parse(await answer.json()).items.map(({ id }) => id);
  };
  const before = new Set(await tests());
  // Notifications are stamped to the second: a test in the same one as the last would be the same notification, stored once.
  if (before.size > 0) await sleep(SAME_SECOND_MS, undefined, { signal });
  return {
    by: 'the running product',
    async seen() {
      for (
        const until = Date.now() + PRODUCT_WAIT_MS;
        Date.now() < until;
        await sleep(POLL_MS, undefined, { signal })
      )
        if ((await tests()).some((id) => !before.has(id))) return true;
      return false;
    },
    close: () => Promise.resolve(),
  };
}

/** No product runs: this process listens where it would. @throws {CannotWatch} the port is taken, or is not ours to open. */
export async function watchHere(target: string, options: Omit<TrialOptions, 'onReading'>): Promise<Arrival> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const source = await openTrialReceiver({
    ...options,
    onReading: (reading) => void (isTestOf(reading, target) && resolve(true)),
  }).catch((err: NodeJS.ErrnoException) => {
    const where = `${options.host}:${options.port}`;
    throw new CannotWatch(
      err.code === 'EADDRINUSE'
        ? `${where} is in use, by the running product it seems: give --token or GATEWAY_TOKEN, so that it can be asked`
        : `cannot listen on ${where} (${err.code ?? 'error'})`,
    );
  });
  return {
    by: `this command, on ${options.host}:${options.port}`,
    async seen(signal) {
      const late = sleep(HERE_WAIT_MS, false, { signal, ref: false });
      return Promise.race([promise, late]);
    },
    close: () => source.close(),
  };
}

/** The product where it answers, else this process. @throws {CannotWatch} */
export async function watch(
  target: string,
  options: { readonly gateway: GatewayAddress | undefined; readonly here: Omit<TrialOptions, 'onReading'> },
  signal: AbortSignal,
): Promise<Arrival> {
  if (options.gateway === undefined) return watchHere(target, options.here);
  try {
    return await watchProduct(options.gateway, target, signal);
  } catch (err) {
    if (!(err instanceof GatewayError)) throw err;
    return watchHere(target, options.here).catch(() => {
      throw new CannotWatch(err.message);
    });
  }
}

function isTestOf({ result }: Reading, target: string): boolean {
  return (
    'events' in result &&
    result.events.some(({ type, facts }) => type === TEST_TYPE && facts['target'] === target)
  );
}
