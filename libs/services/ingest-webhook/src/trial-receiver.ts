import { createHostIndex } from '@proxmox-mcp/proxmox-events';
import type { Inventory } from '@proxmox-mcp/schemas';
import { refusal } from './answer.ts';
import type { Delivery, DeliveryHead } from './delivery.ts';
import { normalizeDelivery, type Reading } from './normalize.ts';
import { checkMethod, isGotifyPath, routeOf } from './routes.ts';
import { openWebhookSource, type WebhookSource } from './source.ts';
import { createTokens } from './tokens.ts';

export interface TrialOptions {
  readonly host: string;
  readonly port: number;
  /** The token that senders are to show. */
  readonly token: string;
  /** Which hosts are ours. */
  readonly inventory: Inventory;
  /** Called for each delivery that the service would have taken. */
  readonly onReading: (reading: Reading) => void;
}

/**
 * Listens where the service would, reads as it would, and stores nothing: to see whether a sender has been set up rightly
 * while no product runs.
 *
 * @throws what `listen` does: `EADDRINUSE` where the product runs already.
 */
export async function openTrialReceiver(options: TrialOptions): Promise<WebhookSource> {
  const { host, port, inventory: configured, onReading } = options;
  const tokens = createTokens({ shared: options.token, header: configured.webhook?.header });
  const index = createHostIndex(configured.sources);
  const admitted = (head: DeliveryHead) => {
    const refused = checkMethod(head);
    if (refused !== undefined) return refused;
    const grant = tokens.check(head, isGotifyPath(head));
    return 'reject' in grant ? grant : routeOf(head, index, { configured, grant });
  };
  return openWebhookSource({
    host,
    port,
    admit(head) {
      const route = admitted(head);
      return Promise.resolve('reject' in route ? refusal(route, head) : undefined);
    },
    take(delivery: Delivery) {
      const route = admitted(delivery);
      const reading = 'reject' in route ? route : normalizeDelivery(delivery, route, { index, configured });
      if ('reject' in reading) return Promise.resolve(refusal(reading, delivery));
      onReading(reading);
      return Promise.resolve({ status: 202, body: { accepted: true, trial: true } });
    },
    onBroken: (why, head) => Promise.resolve(refusal(why, head)),
    onCut: () => undefined,
  });
}
