import { BusUnavailable } from '@proxmox-mcp/bus';
import {
  createIngestLine,
  createLetterLimit,
  createLiveInventory,
  createSourceReport,
  redact,
  type IngestInput,
  type InputNotes,
} from '@proxmox-mcp/ingest-kit';
import { defineService, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import { acceptance, gotifyMessage, GOTIFY_VERSION, refusal, type Answer } from './answer.ts';
import { flattenMultipart } from './parse.ts';
import { WebhookConfig } from './config.ts';
import { headerOf, refuse, type Delivery, type DeliveryHead, type Refused } from './delivery.ts';
import { isStale } from './age.ts';
import { normalizeDelivery, type Reading } from './normalize.ts';
import { checkMethod, isGotifyPath, isVersionQuestion, routeOf, type Route } from './routes.ts';
import { openWebhookSource, type WebhookSource } from './source.ts';
import { createTokens } from './tokens.ts';

const NAME = 'ingest-webhook';
/** Source of dead letters whose sender is not known. */
const NO_SOURCE = 'webhook';
const AWAY = 'the event could not be stored, try again';

/** Receives notifications of PVE and PBS webhook targets, of Gotify targets, of Alertmanager and of others. */
export const ingestWebhook = defineService({
  name: NAME,
  config: WebhookConfig,
  listener: { word: 'WEBHOOK', switchKey: 'WEBHOOK_IN_ENABLED' },
  create: createIngestWebhook,
});

function createIngestWebhook(context: ServiceContext<WebhookConfig>): Service {
  const { config, bus, log, metrics, now, inventory: configured } = context;
  const inventory = createLiveInventory({ bus, log, configured, hosts: context.hosts });
  const lines = {
    webhook: createIngestLine({ ...context, service: NAME, channel: 'webhook' }),
    gotify: createIngestLine({ ...context, service: NAME, channel: 'gotify' }),
  };
  const report = createSourceReport({ bus, log, name: NAME, service: NAME, now });
  const requests = metrics.counter('webhook_requests_total', 'Requests answered', ['status']);
  const unkept = metrics.counter('webhook_unkept_total', 'Refused requests too many to be kept', ['reason']);
  const cut = metrics.counter('webhook_cut_total', 'Connections ended before there was a request', [
    'reason',
  ]);
  const mayKeep = createLetterLimit(now);
  const tokens = createTokens({
    shared: config.WEBHOOK_IN_TOKEN ?? configured.webhook?.token,
    bySource: config.WEBHOOK_IN_TOKENS,
    header: configured.webhook?.header,
  });
  let source: WebhookSource | undefined;

  function answered(answer: Answer): Answer {
    requests.inc({ status: String(answer.status) });
    return answer;
  }

  /** Keeps what is refused. A bus that is away must not change the answer: the sender is refused either way. */
  async function refused(
    why: Refused,
    head: DeliveryHead,
    raw: Buffer | string,
    origin: string,
  ): Promise<Answer> {
    // Of a request that is refused before its body, what is kept tells of its headers: there is nothing to read again.
    const notes = typeof raw === 'string' ? { format: 'request-head' } : requestNotes(head);
    await keep(why, { raw, origin, ...notes }, isGotifyPath(head) ? 'gotify' : 'webhook');
    return answered(refusal(why, head));
  }

  async function keep(
    why: Refused,
    input: Omit<IngestInput, 'source' | 'receivedAt'>,
    channel: Reading['channel'],
  ): Promise<void> {
    if (!mayKeep()) return unkept.inc({ reason: why.reason });
    try {
      await lines[channel].settle({ source: NO_SOURCE, receivedAt: now(), ...input }, why);
    } catch (err) {
      log.warn({ err, reason: why.reason }, 'refused webhook not kept');
    }
  }

  /** Where a request may go, by its method, token and path. */
  function admitted(head: DeliveryHead): Route | Refused {
    const wrong = checkMethod(head);
    if (wrong !== undefined) return wrong;
    const grant = tokens.check(head, isGotifyPath(head));
    if ('reject' in grant) return grant;
    return routeOf(head, inventory.index(), { configured, grant });
  }

  async function take(sent: Delivery, origin: string): Promise<Answer> {
    const raw = tokens.mask(sent.body);
    // Asked again: what was known when the headers came may have gone while the body did.
    const route = admitted(sent);
    if ('reject' in route) return refused(route, sent, raw, origin);
    const delivery = await flattenMultipart({ ...sent, body: raw });
    if ('reject' in delivery) return refused(delivery, sent, raw, origin);
    const reading = normalizeDelivery(delivery, route, { index: inventory.index(), configured });
    if ('reject' in reading) return refused(reading, sent, raw, origin);
    const { result, channel } = reading;
    // As it was read: the parts of a form, not the form.
    const input = { origin, raw: delivery.body, ...requestNotes(delivery, route) };
    if ((result.rejected ?? 0) > 0)
      await keep(refuse('schema', 'a part of the body could not be read'), input, channel);
    return store({ source: reading.source, receivedAt: now(), ...input }, reading, sent);
  }

  async function store(
    input: IngestInput,
    { channel, result }: Reading,
    head: DeliveryHead,
  ): Promise<Answer> {
    const isOld = isStale(result, config.WEBHOOK_MAX_AGE_HOURS, input.receivedAt);
    try {
      const ingested = await lines[channel].settle(input, isOld ? { ignore: true, reason: 'stale' } : result);
      if (ingested.stored > 0) report.succeeded();
      return answered(
        channel === 'gotify' ? gotifyMessage(ingested, input.receivedAt) : acceptance(ingested),
      );
    } catch (err) {
      if (!(err instanceof BusUnavailable)) throw err;
      log.warn({ err }, 'webhook not stored, sender told to try again');
      return answered(refusal(refuse('not-stored', AWAY, 503), head));
    }
  }

  return {
    async start() {
      if (tokens.isEmpty) {
        log.info('webhooks are off: set WEBHOOK_IN_TOKEN to receive them');
        return;
      }
      await inventory.start();
      source = await openWebhookSource({
        host: config.WEBHOOK_HOST,
        port: config.WEBHOOK_PORT,
        async admit(head, origin) {
          if (isVersionQuestion(head)) return answered(GOTIFY_VERSION);
          const route = admitted(head);
          return 'reject' in route ? refused(route, head, headers(head), origin) : undefined;
        },
        take,
        onBroken(why, head, origin) {
          // A fault of ours is no letter: the sender has nothing to mend.
          if (why.http_status >= 500) return Promise.resolve(answered(refusal(why, head)));
          return refused(why, head, headers(head), origin);
        },
        onCut: (reason) => cut.inc({ reason }),
      });
      log.info({ host: config.WEBHOOK_HOST, port: source.port }, 'listening for webhooks');
      await report.set('ok');
    },
    async stop() {
      const open = source;
      source = undefined;
      await open?.close();
      await Promise.all([lines.webhook.stop(), lines.gotify.stop()]);
      await inventory.stop();
      if (open !== undefined)
        await report.set('down', [{ reason: 'stopped', detail: 'the service was stopped' }]);
    },
    isReady: () => source !== undefined || tokens.isEmpty,
    details: () => (tokens.isEmpty ? { enabled: false } : { port: source?.port }),
  };
}

/**
 * What of a request decides how its body is read. Its path may hold what only the sender should know. A Gotify client may have told by its
 * token alone which host it is.
 */
function requestNotes(head: DeliveryHead, route?: Route): InputNotes {
  const type = headerOf(head, 'content-type');
  const source = route?.kind === 'gotify' ? route.source?.id : undefined;
  return {
    format: 'webhook',
    context: {
      method: head.method,
      url: redact(head.url).slice(0, 500),
      ...(type === undefined ? {} : { type: type.slice(0, 200) }),
      ...(source === undefined ? {} : { source }),
    },
  };
}

/** Names and lengths of headers: enough to see what a sender does wrong, and nothing it meant to keep. */
function headers(head: DeliveryHead): string {
  const names = Object.entries(head.headers).map(
    ([name, value]) => `${name} (${String(value ?? '').length})`,
  );
  return `${head.method} with headers ${names.join(', ')}`;
}
