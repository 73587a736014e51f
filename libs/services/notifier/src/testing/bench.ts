import type { Bus } from '@proxmox-mcp/bus';
import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import { DeliveryReceipt, type Incident, type IncidentTransition, subjects } from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import * as z from 'zod';
import { type FarEnd, openFarEnd } from './far-end.ts';
import { runNotifier, until } from './run-notifier.ts';

type Options = Parameters<typeof runNotifier>[2];

/** A notifier with two channels, `webhook` and `gotify`, and a clock that is set by hand. */
export interface Bench {
  readonly webhook: FarEnd;
  readonly gotify: FarEnd;
  /** Milliseconds since the epoch, of the notifier's clock. */
  now: number;
  bus(): Bus;
  /** Starts it, or starts it anew with other options on the same bus. */
  run(options?: Options): Promise<Service>;
  stop(): Promise<void>;
  /** Stops the notifier, closes the bus and opens the same file again. */
  reopen(): Promise<void>;
  /** Publishes as `state` does: key-value first, then the transition. */
  tell(incident: Incident, transition: IncidentTransition): Promise<void>;
  receipt(id: string): Promise<DeliveryReceipt | undefined>;
  /** Waits until a receipt is as wanted. */
  receiptIs(id: string, wanted: Partial<DeliveryReceipt>): Promise<DeliveryReceipt | undefined>;
  /** Ids of what the webhook got, oldest first. */
  ids(): string[];
  /** Titles of what each of the two got, oldest first. */
  titles(end: FarEnd): string[];
  /** Keys that wait for a time. */
  waiting(): Promise<string[]>;
  close(): Promise<void>;
}

/** Opens one; nothing runs before `run`. */
export async function openBench(at: string): Promise<Bench> {
  const t: TestBus = await openTestBus();
  let bus: Bus = t.bus;
  let service: Service | undefined;
  const webhook = await openFarEnd();
  const gotify = await openFarEnd();
  const env = {
    ENABLED_NOTIFIERS: 'WEBHOOK,GOTIFY_OUT',
    NOTIFY_WEBHOOK_URL: webhook.url,
    GOTIFY_OUT_SERVER_URL: gotify.url,
    GOTIFY_OUT_APP_TOKEN: 'A-token',
  };
  const Told = z.object({ id: z.string().optional(), title: z.string() });
  const told = ({ body }: { readonly body: string }) => Told.parse(JSON.parse(body));
  const bench: Bench = {
    webhook,
    gotify,
    now: Date.parse(at),
    bus: () => bus,
    async run(options = {}) {
      await bench.stop();
      service = await runNotifier(bus, env, { now: () => bench.now, ...options });
      return service;
    },
    async stop() {
      await service?.stop();
      service = undefined;
    },
    async reopen() {
      await bench.stop();
      bus = await t.reopen();
    },
    async tell(incident, transition) {
      const kv = await bus.kv('INCIDENTS');
      await kv.put(incident.id, JSON.stringify(incident));
      await bus.publish(subjects.incident(incident.id, transition), incident, {
        id: `${incident.id}-${transition}-${incident.revision}`,
      });
    },
    async receipt(id) {
      const entry = await (await bus.kv('DELIVERIES')).get(id);
      return entry === undefined ? undefined : DeliveryReceipt.parse(JSON.parse(entry.value));
    },
    receiptIs: (id, wanted) =>
      until(
        () => bench.receipt(id),
        (receipt) =>
          receipt !== undefined &&
          Object.entries(wanted).every(([key, value]) =>
            Object.entries(receipt).some(([k, v]) => k === key && v === value),
          ),
      ),
    ids: () => webhook.requests.map((request) => told(request).id ?? ''),
    titles: (end) => end.requests.map((request) => told(request).title),
    async waiting() {
      return (await (await bus.kv('DELIVERIES')).list('due')).map(({ key }) => key);
    },
    async close() {
      await bench.stop();
      await t.close();
      await webhook.close();
      await gotify.close();
    },
  };
  return bench;
}
