import { type Bus, BusUnavailable, NoAnswer } from '@proxmox-mcp/bus';
import type { Incident } from '@proxmox-mcp/schemas';
import { type Act, type ActOp, readAct } from '@proxmox-mcp/service-kit';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { TokenBuckets } from '../http/token-buckets.ts';
import { carryOut, readIncident } from './carry-out.ts';
import { type Page, PAGE_HEADERS, renderPage } from './page.ts';
import { createUsedLinks } from './used-links.ts';

/** Where links of messages lead. Its paths ask for no bearer token: the link is one. */
export const ACT_PATH = '/act/';

/** Visits of one address: twenty at once, then one every three seconds. */
const VISITS = { perSecond: 1 / 3, burst: 20, maxKeys: 10_000 };

const BUTTON: Readonly<Record<ActOp, string>> = {
  acknowledge: 'Acknowledge',
  silence: 'Silence for one hour',
};

export interface ActOptions {
  readonly bus: Bus;
  readonly secret: Buffer;
  readonly now: () => number;
  /** What became of a visit: `done`, `refused` by who carries it out, `used`, `expired`, `forged`, `gone`, `busy`, `rate`. */
  readonly onVisit: (outcome: string) => void;
}

interface Answer {
  readonly status: number;
  readonly outcome?: string;
  readonly page: Page;
}

/**
 * Mounts `/act/<token>`. A GET shows what the link would do and changes nothing, because chats and mail scanners open links by
 * themselves; a POST does it, once.
 */
export async function mountActs(app: FastifyInstance, options: ActOptions): Promise<void> {
  const { bus, secret, now, onVisit } = options;
  const used = createUsedLinks(await bus.kv('ACTS'));
  const visits = new TokenBuckets(VISITS, now);

  await app.register((scope, _options, ready) => {
    // The form posts nothing and apps post what they like; nothing of it is read.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: 1_024 }, (_request, _body, done) =>
      done(null, undefined),
    );
    scope.get<{ Params: { token: string } }>(`${ACT_PATH}:token`, async ({ params, ip }, reply) =>
      send(reply, visits.take(ip) ? await look(params.token, ask) : TOO_MANY),
    );
    scope.post<{ Params: { token: string } }>(`${ACT_PATH}:token`, async ({ params, ip }, reply) =>
      send(reply, visits.take(ip) ? await look(params.token, act) : TOO_MANY),
    );
    ready();
  });

  async function look(
    token: string,
    next: (wanted: Act, incident: Incident) => Promise<Answer>,
  ): Promise<Answer> {
    const wanted = readAct(secret, token, now());
    if (wanted === 'forged') return FORGED;
    if (wanted === 'expired') return EXPIRED;
    try {
      const incident = await readIncident(bus, wanted.incidentId);
      return incident === undefined ? GONE : await next(wanted, incident);
    } catch (error) {
      if (error instanceof BusUnavailable || error instanceof NoAnswer) return BUSY;
      throw error;
    }
  }

  async function ask(wanted: Act, { title }: Incident): Promise<Answer> {
    if (await used.has(wanted)) return USED;
    return { status: 200, page: { title: `${BUTTON[wanted.op]}?`, text: title, button: BUTTON[wanted.op] } };
  }

  async function act(wanted: Act, incident: Incident): Promise<Answer> {
    if (!(await used.take(wanted))) return USED;
    let done;
    try {
      done = await carryOut(bus, wanted, { incident, now: now() });
    } catch (error) {
      await used.giveBack(wanted);
      throw error;
    }
    await used.prune(now());
    if (done.ok) return { status: 200, outcome: 'done', page: { title: done.text, text: incident.title } };
    return { status: 409, outcome: 'refused', page: { title: 'Not done', text: done.text } };
  }

  function send(reply: FastifyReply, { status, outcome, page }: Answer): FastifyReply {
    if (outcome !== undefined) onVisit(outcome);
    return reply.code(status).headers(PAGE_HEADERS).send(renderPage(page));
  }
}

const nothing = (status: number, outcome: string, title: string, text: string): Answer => ({
  status,
  outcome,
  page: { title, text },
});
const FORGED = nothing(
  404,
  'forged',
  'No such link',
  'It was cut or changed, or comes from another installation.',
);
const EXPIRED = nothing(410, 'expired', 'Too old', 'Links in messages work for three days.');
const USED = nothing(409, 'used', 'Used already', 'A link in a message works once.');
const GONE = nothing(404, 'gone', 'No such incident', 'It is not kept any more.');
const BUSY = nothing(503, 'busy', 'Not now', 'Nobody answered. Try again in a moment.');
const TOO_MANY = nothing(429, 'rate', 'Too many visits', 'Try again in a minute.');
