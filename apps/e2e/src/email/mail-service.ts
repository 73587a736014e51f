import type { Bus, Consumer } from '@proxmox-mcp/bus';
import { EmailConfig, ingestEmail } from '@proxmox-mcp/ingest-email';
import { countMetrics, testContext } from '@proxmox-mcp/ingest-kit/testing';
import {
  Inventory,
  SourceState,
  filters,
  stateKeys,
  type DeadLetter,
  type Event,
} from '@proxmox-mcp/schemas';
import { until } from '../trouble/gateway.ts';

export const WITHIN_MS = 20_000;

/** Whose mails the tests send. */
export const INVENTORY = Inventory.parse({
  sources: [
    {
      id: 'atlas',
      product: 'pve',
      cluster: 'atlas',
      domain: 'example.net',
      nodes: [{ name: 'pve1' }, { name: 'pve2', address: '127.0.0.1' }],
    },
  ],
});

/** The mail service on a bus, with what it put there. */
export interface MailService {
  readonly events: readonly Event[];
  readonly deadLetters: readonly DeadLetter[];
  readonly counts: ReadonlyMap<string, number>;
  readonly details: Record<string, unknown>;
  /** How a way in says it is doing. */
  source(name: string): Promise<SourceState | undefined>;
  /** Waits until it says that its reason is this, `ok` where it has none. @returns what it says. */
  sourceIs(name: string, reason: string): Promise<SourceState>;
  /** Waits until so many events are stored, and a little mail's time longer for one too many. @returns their subjects. */
  titles(count: number): Promise<string[]>;
  stop(): Promise<void>;
}

export interface MailServiceOptions {
  readonly inventory?: Inventory;
  readonly instance?: string;
}

/** Starts the service. */
export async function startMailService(
  bus: Bus,
  env: Readonly<Record<string, string>>,
  { inventory = INVENTORY, instance = 'test' }: MailServiceOptions = {},
): Promise<MailService> {
  const events: Event[] = [];
  const deadLetters: DeadLetter[] = [];
  const { metrics, counts } = countMetrics();
  const service = ingestEmail.create(
    testContext(EmailConfig.parse(env), bus, { inventory, metrics, instance }),
  );
  const consumers: Consumer[] = [
    await bus.subscribe({ filters: [filters.allEvents], from: 0 }, ({ data }) => void events.push(data)),
    await bus.subscribe(
      { filters: [filters.allDeadLetters], from: 0 },
      ({ data }) => void deadLetters.push(data),
    ),
  ];
  await service.start(new AbortController().signal);
  const source = async (name: string) => {
    const entry = await (await bus.kv('STATE')).get(stateKeys.source(name));
    return entry === undefined ? undefined : SourceState.parse(JSON.parse(entry.value));
  };
  return {
    events,
    deadLetters,
    counts,
    get details() {
      return service.details?.() ?? {};
    },
    source,
    sourceIs: (name, reason) =>
      until(
        `${name} to be ${reason}`,
        async () => {
          const state = await source(name);
          const reasons = state?.degraded.map((item) => item.reason) ?? [];
          const isSo =
            reason === 'ok' ? state?.status === 'ok' && reasons.length === 0 : reasons.includes(reason);
          return isSo ? state : undefined;
        },
        WITHIN_MS,
      ),
    async titles(count) {
      await until(`${count} events`, () => (events.length >= count ? true : undefined), WITHIN_MS);
      return events.map(({ text }) => text?.title ?? '');
    },
    async stop() {
      await service.stop();
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}

export interface TestMail {
  readonly from?: string;
  readonly node?: string;
  readonly id?: string;
}

/** A failed backup; the number is in its subject and nowhere else. */
export function failedBackup(number: number, { from, node = 'pve1', id }: TestMail = {}): string {
  return [
    `Subject: vzdump backup status (${node}.example.net): backup failed: problem ${number}`,
    `From: ${from ?? `Proxmox VE <root@${node}.example.net>`}`,
    'To: ops@example.net',
    `Date: ${new Date(Date.UTC(2026, 2, 14, 1, 0, 0) + number * 1_000).toUTCString().replace('GMT', '+0000')}`,
    ...(id === undefined ? [] : [`Message-ID: <${id}>`]),
    '',
    'VMID    Name     Status    Time    Size    Filename',
    '104     db01     err       3m      0 B     null',
    '',
    'Total running time: 3m',
    '',
  ].join('\n');
}

/** What `titles` answers for mails of these numbers. */
export const titlesOf = (...numbers: readonly number[]): string[] =>
  numbers.map((number) => `vzdump backup status (pve1.example.net): backup failed: problem ${number}`);
