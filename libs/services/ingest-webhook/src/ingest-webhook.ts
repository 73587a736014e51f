import { BusUnavailable } from '@proxmox-mcp/bus';
import {
  createIngestLine,
  createLetterLimit,
  createLiveInventory,
  createSourceReport,
  redact,
  type InputNotes,
} from '@proxmox-mcp/ingest-kit';
import { defineService, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import { checkMethod, checkToken } from './authorize.ts';
import { WebhookConfig } from './config.ts';
import { headerOf, type Delivery, type Refused } from './delivery.ts';
import { normalizeDelivery } from './normalize.ts';
import { parseBody } from './parse.ts';
import { sourceOfPath } from './routes.ts';
import { answerOf, openWebhookSource, type Answer, type WebhookSource } from './source.ts';

const NAME = 'ingest-webhook';
/** Source of dead letters whose sender is not known. */
const NO_SOURCE = 'webhook';

/** Receives notifications of PVE and PBS webhook targets. */
export const ingestWebhook = defineService({
  name: NAME,
  config: WebhookConfig,
  listener: { word: 'WEBHOOK', switchKey: 'WEBHOOK_IN_ENABLED' },
  create: createIngestWebhook,
});

function createIngestWebhook(context: ServiceContext<WebhookConfig>): Service {
  const { config, bus, log, metrics, now } = context;
  const routes = context.inventory.webhook?.routes ?? {};
  const inventory = createLiveInventory({ bus, log, configured: context.inventory, hosts: context.hosts });
  const line = createIngestLine({ ...context, service: NAME, channel: 'webhook' });
  const report = createSourceReport({ bus, log, name: NAME, service: NAME, now });
  const requests = metrics.counter('webhook_requests_total', 'Requests answered', ['status']);
  const unkept = metrics.counter('webhook_unkept_total', 'Refused requests too many to be kept', ['reason']);
  const mayKeep = createLetterLimit(now);
  const token = config.WEBHOOK_IN_TOKEN;
  let source: WebhookSource | undefined;

  /** Keeps a refused request. A bus that is away must not change the answer: the sender is refused either way. */
  async function keep(
    refused: Refused,
    raw: Buffer | string,
    { origin, ...notes }: { readonly origin: string } & InputNotes,
  ): Promise<void> {
    requests.inc({ status: String(refused.http_status) });
    if (!mayKeep()) return unkept.inc({ reason: refused.reason });
    try {
      await line.settle({ source: NO_SOURCE, origin, raw, receivedAt: now(), ...notes }, refused);
    } catch (err) {
      log.warn({ err, reason: refused.reason }, 'refused webhook not kept');
    }
  }

  async function take(sent: Delivery, origin: string): Promise<Answer> {
    const delivery = withoutToken(sent);
    const raw = delivery.body;
    const context = requestOf(delivery);
    const refuse = async (refused: Refused): Promise<Answer> => {
      await keep(refused, raw, { origin, context });
      return answerOf(refused);
    };
    const from = sourceOfPath(delivery.url, inventory.index(), routes);
    if ('reject' in from) return refuse(from);
    const input = parseBody(delivery);
    if ('reject' in input) return refuse(input);
    const result = normalizeDelivery(input, from);
    if ('reject' in result) {
      const detail = result.detail ?? 'the notification was not understood';
      return refuse({ reject: true, reason: result.reason, detail, http_status: 400 });
    }
    return store({ source: from.id, origin, raw, receivedAt: now(), context }, result);
  }

  async function store(...[input, result]: Parameters<typeof line.settle>): Promise<Answer> {
    try {
      const { events, stored } = await line.settle(input, result);
      if (stored > 0) report.succeeded();
      requests.inc({ status: '202' });
      return { status: 202, body: { accepted: true, ids: events.map(({ id }) => id), stored } };
    } catch (err) {
      if (!(err instanceof BusUnavailable)) throw err;
      log.warn({ err }, 'webhook not stored, sender told to try again');
      requests.inc({ status: '503' });
      const body = { error: 'not-stored', message: 'the event could not be stored, try again' };
      return { status: 503, body, headers: { 'retry-after': '5' } };
    }
  }

  /** A template may repeat its own secret; no letter and no event may. */
  function withoutToken(delivery: Delivery): Delivery {
    if (token === undefined || !delivery.body.includes(token)) return delivery;
    return {
      ...delivery,
      body: Buffer.from(delivery.body.toString('utf8').replaceAll(token, '***'), 'utf8'),
    };
  }

  return {
    async start() {
      if (token === undefined) {
        log.info('webhooks are off: set WEBHOOK_IN_TOKEN to receive them');
        return;
      }
      await inventory.start();
      source = await openWebhookSource({
        host: config.WEBHOOK_HOST,
        port: config.WEBHOOK_PORT,
        admit(head) {
          const refused = checkMethod(head) ?? checkToken(head, token);
          if (refused !== undefined) return refused;
          const from = sourceOfPath(head.url, inventory.index(), routes);
          return 'reject' in from ? from : undefined;
        },
        take,
        onRefused: (refused, head, origin) =>
          keep(refused, headers(head), { origin, format: 'request-head' }),
      });
      log.info({ host: config.WEBHOOK_HOST, port: source.port }, 'listening for webhooks');
      await report.set('ok');
    },
    async stop() {
      const open = source;
      source = undefined;
      await open?.close();
      await line.stop();
      await inventory.stop();
      if (open !== undefined)
        await report.set('down', [{ reason: 'stopped', detail: 'the service was stopped' }]);
    },
    isReady: () => source !== undefined || token === undefined,
    details: () => (token === undefined ? { enabled: false } : { port: source?.port }),
  };
}

/** What of a request decides how its body is read. Its path may hold what only the sender should know. */
function requestOf(delivery: Delivery): Readonly<Record<string, unknown>> {
  const { method, url } = delivery;
  const type = headerOf(delivery, 'content-type');
  return {
    method,
    url: redact(url).slice(0, 500),
    ...(type === undefined ? {} : { type: type.slice(0, 200) }),
  };
}

/** Names and lengths of headers: enough to see what a sender does wrong, and nothing it meant to keep. */
function headers(head: Omit<Delivery, 'body'>): string {
  const names = Object.entries(head.headers).map(
    ([name, value]) => `${name} (${String(value ?? '').length})`,
  );
  return `${head.method} with headers ${names.join(', ')}`;
}
