import { connectLegacy, connectModern, type McpClient } from '../product/clients.ts';
import { eventually, gotifyMessages, type Product } from '../product/product.ts';

interface Incident {
  readonly id: string;
  readonly status: string;
  readonly condition: string;
  readonly cause?: { readonly text: string };
}

/** What the README promises of the first minute (behaviour 1.1), whichever way the product is run. */
export function describeFirstMinute(
  shape: string,
  start: () => Promise<Product>,
  /** Only where services can be scaled one by one. */
  scale?: () => Promise<void>,
): void {
  describe(`the first minute, ${shape}`, () => {
    let product: Product;
    beforeAll(async () => void (product = await start()), 900_000);
    afterAll(() => product?.stop(), 120_000);

    it('shows one incident with its cause to both kinds of client, wakes who waits, and notifies once', async () => {
      const patience = AbortSignal.timeout(220_000);
      const clients = await Promise.all([connectModern(product), connectLegacy(product)]);
      const updates = [0, 0];
      await Promise.all(
        clients.map((client, index) =>
          client.watch('proxmox://incidents/open', () => void (updates[index] = (updates[index] ?? 0) + 1)),
        ),
      );
      const woken = await Promise.all(clients.map((client) => waitForFailure(client)));
      for (const answer of woken) expect(answer).toMatchObject({ matched: true });

      const told = await eventually(async () => {
        const messages = await gotifyMessages(product);
        return messages.length > 0 ? messages : undefined;
      }, patience);
      expect(told[0]?.title).toContain('104');
      expect(told[0]?.message).toContain('Input/output error');

      for (const client of clients) {
        // Which guest, which error, which storage: complete once the task has ended and its log was read.
        const incidents = await eventually(async () => {
          const open = await openIncidents(client);
          return open.some(({ cause }) => cause?.text.includes('nas-backup')) ? open : undefined;
        }, patience);
        expect(incidents).toHaveLength(1);
        expect(incidents[0]).toMatchObject({ status: 'open', condition: 'backup.job.failed' });
        for (const word of ['db01', 'Input/output error', 'nas-backup'])
          expect(incidents[0]?.cause?.text).toContain(word);
      }
      await eventually(async () => (updates.every((count) => count > 0) ? true : undefined), patience);

      // The other nodes' jobs end later: whatever would be told twice has been told by then.
      for (const node of ['pve2', 'pve3']) {
        await clients[0]?.call('events_wait', {
          until: { event: { types: ['backup.job.succeeded'], node } },
          cursor: String(woken[0]?.['cursor']),
          timeout_s: 60,
        });
      }
      expect(await gotifyMessages(product)).toHaveLength(1);
      await Promise.all(clients.map((client) => client.close()));
    }, 240_000);

    if (scale !== undefined) it('lets single services be scaled, all healthy', scale, 300_000);
  });
}

/** Waits, call by call with the cursor, until a backup of a guest or a job has failed. */
async function waitForFailure(client: McpClient): Promise<Record<string, unknown>> {
  let cursor: string | undefined;
  for (let call = 0; call < 4; call++) {
    const { data } = await client.call('events_wait', {
      until: { event: { types: ['backup.*.failed'] } },
      timeout_s: 60,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const answer = data as Record<string, unknown>;
    if (answer['matched'] === true) return answer;
    cursor = String(answer['cursor']);
  }
  throw new Error('no backup failed within four minutes');
}

async function openIncidents(client: McpClient): Promise<Incident[]> {
  const { items } = await client.call('incidents_query', { status: ['open'] });
  return items as Incident[];
}
