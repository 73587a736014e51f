import type { Answer, RawRequest } from '../http/answer.ts';
import { parseForm, parseJson, type RawParameters } from '../http/parameters.ts';
import type { Tickets } from '../http/tickets.ts';
import type { PbsSite } from '../world/pbs-site.ts';
import { PRI } from '../world/pve-site.ts';
import { pbsRoutes } from './routes.ts';
import { type PbsCall, type PbsRoute } from './call.ts';

/** An error answer: the text is the body, whatever the content type says. */
export class PbsError extends Error {
  override readonly name = 'PbsError';
  readonly status: number;
  readonly delayMs: number;

  constructor(status: number, message: string, delayMs = 0) {
    super(message);
    this.status = status;
    this.delayMs = delayMs;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
};

/** The API of the pretend Proxmox Backup Server. */
export class PbsApi {
  readonly #site: PbsSite;
  readonly #tickets: Tickets;
  readonly #authDelayMs: number;
  readonly #routes: readonly PbsRoute[] = pbsRoutes;

  constructor(options: { site: PbsSite; tickets: Tickets; authDelayMs: number }) {
    this.#site = options.site;
    this.#tickets = options.tickets;
    this.#authDelayMs = options.authDelayMs;
  }

  /** Answers one request. Never throws. */
  async handle(request: RawRequest): Promise<Answer> {
    try {
      return await this.#answer(request);
    } catch (error) {
      const status = error instanceof PbsError ? error.status : 400;
      return {
        status,
        reason: REASONS[status] ?? 'Error',
        body: error instanceof Error ? error.message : String(error),
        delayMs: error instanceof PbsError ? error.delayMs : 0,
        contentType: 'application/json;charset=UTF-8',
      };
    }
  }

  async #answer(request: RawRequest): Promise<Answer> {
    const [path = '/', query = ''] = request.target.split('?');
    if (!path.startsWith('/api2/json')) {
      return {
        status: 200,
        reason: 'OK',
        body: '<!DOCTYPE html><html><head><title>Proxmox Backup Server</title></head></html>',
        contentType: 'text/html',
      };
    }
    const parameters = collect(request, query);
    const apiPath = path.slice('/api2/json'.length).replace(/\/$/, '');
    if (apiPath === '/access/ticket' && request.method === 'POST')
      return json({ data: this.#login(request, parameters) });
    const authid = this.#authenticate(request);
    for (const route of this.#routes) {
      const match = route.pattern.exec(apiPath);
      if (match === null) continue;
      const handler = route.methods[request.method];
      if (handler === undefined) throw new PbsError(404, `Path '${apiPath}' not found.`);
      const call: PbsCall = {
        site: this.#site,
        authid,
        path: Object.fromEntries(
          Object.entries(match.groups ?? {}).map(([k, v]) => [k, decodeURIComponent(v ?? '')]),
        ),
        parameters,
        has: (where, ...privs) => privs.some((p) => this.#site.access.has(authid, where, p)),
        require: (where, ...privs) => {
          if (!privs.some((p) => this.#site.access.has(authid, where, p)))
            throw new PbsError(403, 'permission check failed');
        },
        fail: (status, text) => new PbsError(status, text),
      };
      const result = await handler(call);
      return json(
        result.total === undefined
          ? { data: result.data ?? null }
          : { data: result.data, total: result.total },
      );
    }
    throw new PbsError(404, `Path '${apiPath}' not found.`);
  }

  #authenticate(request: RawRequest): string {
    const cookie = /(?:^|;\s*)(?:__Host-)?PBSAuthCookie=([^;]*)/.exec(request.headers['cookie'] ?? '')?.[1];
    if (cookie !== undefined) {
      const userid = this.#tickets.userOf(decodeURIComponent(cookie));
      const csrfGood =
        request.method === 'GET' ||
        (userid !== undefined && this.#tickets.isCsrfOf(userid, request.headers['csrfpreventiontoken']));
      if (userid !== undefined && csrfGood) return userid;
      throw this.#unauthorized(request, userid ?? '');
    }
    const match = /^PBSAPIToken[= ]([^!\s]{1,200}![^:\s]{1,200}):(\S{1,200})$/.exec(
      request.headers['authorization'] ?? '',
    );
    const token = this.#site.access.tokens.get(match?.[1] ?? '');
    if (token === undefined || token.secret !== match?.[2])
      throw this.#unauthorized(request, match?.[1] ?? '');
    return `${token.userid}!${token.tokenid}`;
  }

  #unauthorized(request: RawRequest, user: string): PbsError {
    const line = `authentication failure; rhost=[::ffff:${request.remoteAddress}]:51234 user=${user} msg=authentication failed`;
    this.#site.syslog('proxmox-backup-proxy', this.#site.proxyPid, PRI.err, line);
    return new PbsError(401, 'authentication failed', this.#authDelayMs);
  }

  #login(request: RawRequest, parameters: RawParameters): unknown {
    const username = typeof parameters['username'] === 'string' ? parameters['username'] : '';
    const password = typeof parameters['password'] === 'string' ? parameters['password'] : '';
    const user = this.#site.access.users.get(username);
    const good =
      user?.enable === true &&
      ((user.password !== undefined && user.password === password) ||
        this.#tickets.userOf(password) === username);
    if (!good) throw this.#unauthorized(request, username);
    const { ticket, csrf } = this.#tickets.issue(username);
    return { username, ticket, CSRFPreventionToken: csrf };
  }
}

function collect(request: RawRequest, query: string): RawParameters {
  const parameters = parseForm(query);
  const text = request.body.toString('utf8');
  if (request.method === 'GET' || text === '') return parameters;
  const isJson = (request.headers['content-type'] ?? '').startsWith('application/json');
  return Object.assign(parameters, isJson ? parseJson(text) : parseForm(text));
}

function json(envelope: Record<string, unknown>): Answer {
  return {
    status: 200,
    reason: 'OK',
    body: JSON.stringify(envelope),
    contentType: 'application/json;charset=UTF-8',
  };
}
