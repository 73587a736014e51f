import type { Answer, RawRequest } from '../http/answer.ts';
import { parseForm, parseJson, type RawParameters } from '../http/parameters.ts';
import type { Tickets } from '../http/tickets.ts';
import { PRI, type PveSite } from '../world/pve-site.ts';
import { accessRoutes } from './access-routes.ts';
import { ApiError, parameterError } from './api-error.ts';
import { Call, Paged, PlainText, type LabHooks, type Routes } from './call.ts';
import { clusterRoutes } from './cluster-routes.ts';
import { guestRoutes } from './guest-routes.ts';
import { nodeRoutes } from './node-routes.ts';
import { denied, requirePermission } from './permissions.ts';
import { ApiSchema, type MethodSchema, type RouteMatch } from './schema.ts';
import { taskRoutes } from './task-routes.ts';
import { verifyParameters } from './verify.ts';

const TOP = ['version', 'cluster', 'nodes', 'storage', 'access', 'pools'];
const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE']);
const MAX_BODY_BYTES = 512 * 1024;

/** Wall-clock waits of the real thing, milliseconds; tests make them short. */
export interface PveDelays {
  /** Before a 401. */
  readonly authMs: number;
  /** Before a 595 for a peer without power. */
  readonly peerMs: number;
}

/** The API of one site, as any of its nodes serves it. */
export class PveApi {
  readonly #site: PveSite;
  readonly #tickets: Tickets;
  readonly #delays: PveDelays;
  readonly #hooks: LabHooks;
  readonly #schema: ApiSchema;
  readonly #routes: Routes = {
    ...clusterRoutes,
    ...nodeRoutes,
    ...guestRoutes,
    ...taskRoutes,
    ...accessRoutes,
  };

  constructor(options: {
    site: PveSite;
    tickets: Tickets;
    delays: PveDelays;
    hooks: LabHooks;
    schema: ApiSchema;
  }) {
    this.#site = options.site;
    this.#tickets = options.tickets;
    this.#delays = options.delays;
    this.#hooks = options.hooks;
    this.#schema = options.schema;
  }

  /** Answers a request that reached node `local`. Never throws. */
  handle(local: string, request: RawRequest): Answer {
    let format = 'json';
    try {
      if (!METHODS.has(request.method))
        throw new ApiError(501, `method '${request.method}' not available`, { bare: true });
      const [rawPath = '/', query = ''] = splitOnce(request.target, '?');
      const segments = rawPath.split('/').filter((s) => s !== '');
      if (segments[0] !== 'api2')
        return plain(
          rawPath === '/' ? 200 : 500,
          rawPath === '/' ? 'OK' : `no such file '${rawPath}'`,
          rawPath === '/' ? indexPage(local) : undefined,
        );
      format = segments[1] ?? '';
      if (format === '') return plain(501, 'no such uri');
      if (format !== 'json' && format !== 'extjs')
        return plain(501, `no formatter for uri /${segments.slice(2).join('/')}, ${format}`);
      return this.#answer(local, request, segments.slice(2), query, format);
    } catch (error) {
      const api =
        error instanceof ApiError
          ? error
          : new ApiError(500, error instanceof Error ? error.message : String(error));
      return format === 'extjs' && !api.bare ? extjsError(api) : api.toAnswer();
    }
  }

  #answer(local: string, request: RawRequest, segments: string[], query: string, format: string): Answer {
    const route = this.#schema.match(segments);
    const method = route?.schema[request.method as 'GET'];
    const authid = method?.world === 1 ? undefined : this.#authenticate(local, request);
    const path = `/${segments.join('/')}`;
    if (path === '/' && request.method === 'GET')
      return json({ data: TOP.map((subdir) => ({ subdir })) }, format);
    if (route === undefined || method === undefined) {
      throw new ApiError(501, `Method '${request.method} ${path}' not implemented`);
    }
    const bodyProblem = refuseBody(request);
    if (bodyProblem !== undefined) return bodyProblem;
    const parameters = collect(request, query);
    if (typeof parameters === 'string') return plain(500, parameters);
    return this.#call(local, request, { route, method, authid, parameters, format });
  }

  #call(
    local: string,
    request: RawRequest,
    found: {
      route: RouteMatch;
      method: MethodSchema;
      authid: string | undefined;
      parameters: RawParameters;
      format: string;
    },
  ): Answer {
    const { route, method, authid, parameters } = found;
    delete parameters['_dc'];
    for (const [name, value] of Object.entries(route.parameters)) {
      const given = parameters[name];
      if (given !== undefined && given !== value) {
        throw new ApiError(
          400,
          'Parameter verification failed - duplicate parameter (already defined in URI) with conflicting values!',
        );
      }
      parameters[name] = value;
    }
    if (route.template === '/access/ticket' && request.method === 'POST') {
      verifyParameters(method, parameters);
      return json({ data: this.#login(local, request, parameters) }, found.format);
    }
    if (authid !== undefined) this.#authorize(route, method, authid);
    this.#reachNode(local, route);
    verifyParameters(method, parameters);
    const call = new Call({
      site: this.#site,
      local: this.#site.node(local),
      authid: authid ?? '',
      parameters,
      hooks: this.#hooks,
    });
    const result = this.#run(call, `${request.method} ${route.template}`, route, method);
    if (result instanceof PlainText) {
      return {
        status: 200,
        reason: 'OK',
        body: result.text,
        contentType: 'text/plain',
        headers: result.headers,
      };
    }
    if (result instanceof Paged) {
      return json(
        { data: result.data, ...(result.total === undefined ? {} : { total: result.total }) },
        found.format,
      );
    }
    return json({ data: result ?? null }, found.format);
  }

  #run(call: Call, key: string, route: RouteMatch, method: MethodSchema): unknown {
    const handler = this.#routes[key];
    if (handler !== undefined) return handler(call);
    if (!key.startsWith('GET ')) throw new ApiError(501, `Method '${key}' not implemented`);
    const guest = /^\/nodes\/\{node\}\/(qemu|lxc)\/\{vmid\}/.exec(route.template)?.[1];
    if (guest === 'qemu' || guest === 'lxc') call.guest(guest);
    const kids = (route.schema.kids ?? []).filter((k) => !k.startsWith('{'));
    if (kids.length > 0) {
      const key = childKey(route.template);
      return kids.map((k) => ({ [key]: k }));
    }
    // The lab has none of what is asked for.
    return method.ret === 'array' ? [] : method.ret === 'object' ? {} : null;
  }

  #authorize(route: RouteMatch, method: MethodSchema, authid: string): void {
    const isToken = authid.includes('!');
    if (method.notoken === 1 && isToken) {
      throw denied(`URI '${fillIn(route)}' not available with API token, need proper ticket.\n`);
    }
    if (method.root === 1 && authid !== 'root@pam') throw denied('user != root@pam');
    if (method.perm !== undefined)
      requirePermission(this.#site.access, authid, method.perm, route.parameters);
  }

  /** A request about another node goes through this one, if that node can be reached. */
  #reachNode(local: string, route: RouteMatch): void {
    const wanted = route.parameters['node'];
    if (wanted === undefined || wanted === 'localhost' || wanted === local) return;
    if (!/^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/.test(wanted))
      throw parameterError({ node: 'invalid format - value does not look like a valid node name\n' });
    if (!this.#site.nodes.has(wanted)) {
      throw new ApiError(
        500,
        `hostname lookup '${wanted}' failed - failed to get address info for: ${wanted}: Name or service not known`,
      );
    }
    if (this.#site.isAlive(wanted)) return;
    const reason = this.#site.isOnline(wanted) ? 'Connection timed out' : 'No route to host';
    throw new ApiError(595, reason, { bare: true, delayMs: this.#delays.peerMs });
  }

  #unauthorized(reason: string): ApiError {
    return new ApiError(401, reason, { bare: true, delayMs: this.#delays.authMs });
  }

  /** @returns the authid. @throws {ApiError} 401 without a body. */
  #authenticate(local: string, request: RawRequest): string {
    const cookie = /(?:^|;\s*)PVEAuthCookie=([^;]*)/.exec(request.headers['cookie'] ?? '')?.[1];
    if (cookie !== undefined) {
      const userid = this.#tickets.userOf(safeDecode(cookie));
      const user = userid === undefined ? undefined : this.#site.access.users.get(userid);
      if (userid === undefined || user?.enable !== true) throw this.#unauthorized('Authentication failed!');
      if (
        request.method !== 'GET' &&
        !this.#tickets.isCsrfOf(userid, request.headers['csrfpreventiontoken'])
      ) {
        throw this.#unauthorized('Permission denied - invalid csrf token');
      }
      return userid;
    }
    const header = request.headers['authorization'] ?? '';
    if (!header.startsWith('PVEAPIToken')) throw this.#unauthorized('No ticket');
    const match = /^PVEAPIToken[= ]([^!\s]{1,200}![^=\s]{1,200})=(\S{1,200})$/.exec(header);
    const token = this.#site.access.tokens.get(match?.[1] ?? '');
    const user = token === undefined ? undefined : this.#site.access.users.get(token.userid);
    const expired = token !== undefined && token.expire !== 0 && token.expire < this.#site.seconds();
    if (token === undefined || token.secret !== match?.[2] || user?.enable !== true || expired) {
      this.#logTokenFailure(local, match?.[1], token !== undefined);
      throw this.#unauthorized('Authentication failed!');
    }
    return `${token.userid}!${token.tokenid}`;
  }

  #logTokenFailure(local: string, authid: string | undefined, known: boolean): void {
    const [userid = '', tokenid = ''] = (authid ?? '').split('!');
    const why = known ? 'invalid token value!' : `no such token '${tokenid}' for user '${userid}'`;
    this.#site.daemonLog(local, 'pveproxy', PRI.warning, `authentication failure: ${why}`);
  }

  #login(local: string, request: RawRequest, parameters: RawParameters): unknown {
    const text = (name: string) => (typeof parameters[name] === 'string' ? parameters[name] : '');
    const realm = text('realm');
    const userid =
      realm === '' || text('username').includes('@') ? text('username') : `${text('username')}@${realm}`;
    const user = this.#site.access.users.get(userid);
    const known =
      user !== undefined && user.enable && (user.expire === 0 || user.expire > this.#site.seconds());
    const password = text('password');
    const good =
      known &&
      ((user.password !== undefined && user.password === password) ||
        this.#tickets.userOf(password) === userid);
    if (!good) {
      this.#site.daemonLog(
        local,
        'pvedaemon',
        PRI.err,
        `authentication failure; rhost=${request.remoteAddress} user=${userid} msg=Authentication failure`,
      );
      throw new ApiError(401, 'authentication failure', { delayMs: this.#delays.authMs });
    }
    const msg = `successful auth for user '${userid}'`;
    this.#site.daemonLog(local, 'pvedaemon', PRI.info, `<root@pam> ${msg}`);
    this.#site.logCluster(local, {
      pri: 6,
      tag: 'pvedaemon',
      pid: this.#site.node(local).daemons['pvedaemon'] ?? 1,
      user: 'root@pam',
      msg,
    });
    const { ticket, csrf } = this.#tickets.issue(userid);
    return {
      username: userid,
      ticket,
      CSRFPreventionToken: csrf,
      cap: capabilities(this.#site, userid),
      ...(this.#site.clusterName === undefined ? {} : { clustername: this.#site.clusterName }),
    };
  }
}

/** Directories of the API do not agree on what to call a child. */
function childKey(template: string): 'subdir' | 'id' | 'method' | 'name' {
  if (template === '/access' || template === '/cluster/jobs' || /\{vmid\}$/.test(template)) return 'subdir';
  if (template === '/cluster/ha' || template === '/cluster/sdn') return 'id';
  return template === '/nodes/{node}/scan' ? 'method' : 'name';
}

/** What the login answer tells the web interface to show. */
function capabilities(site: PveSite, userid: string): Record<string, Record<string, number>> {
  const take = (path: string, wanted: RegExp) =>
    Object.fromEntries(
      [...site.access.privileges(userid, path).keys()].filter((p) => wanted.test(p)).map((p) => [p, 1]),
    );
  return {
    vms: take('/vms', /^(VM\.|Permissions\.Modify)/),
    storage: take('/storage', /^(Datastore\.|Permissions\.Modify)/),
    access: take('/access', /^(User\.Modify|Group\.Allocate|Permissions\.Modify)/),
    nodes: take('/nodes', /^(Sys\.|Permissions\.Modify)/),
    sdn: take('/sdn', /^(SDN\.|Permissions\.Modify)/),
    dc: take('/', /^(Sys\.Audit|Sys\.Modify|SDN\.)/),
    mapping: take('/mapping', /^(Mapping\.|Permissions\.Modify)/),
  };
}

function refuseBody(request: RawRequest): Answer | undefined {
  if (/chunked/i.test(request.headers['transfer-encoding'] ?? ''))
    return plain(501, 'chunked transfer encoding not supported');
  if (request.body.length > MAX_BODY_BYTES) return plain(501, 'for data too large');
  if (request.method === 'GET' || request.body.length === 0) return undefined;
  const type =
    (request.headers['content-type'] ?? 'application/x-www-form-urlencoded').split(';')[0]?.trim() ?? '';
  return ['application/x-www-form-urlencoded', 'application/json', 'multipart/form-data'].includes(type)
    ? undefined
    : plain(506, `upload 'Content-Type '${type}' not implemented`);
}

/** @returns the parameters, or what is wrong with the body. */
function collect(request: RawRequest, query: string): RawParameters | string {
  const fromQuery = parseForm(query);
  if (request.body.length === 0 || request.method === 'GET') return fromQuery;
  const text = request.body.toString('utf8');
  if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
    return Object.assign(fromQuery, parseForm(text));
  try {
    return Object.assign(fromQuery, parseJson(text));
  } catch {
    return `malformed JSON string, neither tag, array, object, number, string or atom, at character offset ${text.length} (before "(end of string)") at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 934.\n`;
  }
}

function json(envelope: Record<string, unknown>, format: string): Answer {
  const body = format === 'extjs' ? { ...envelope, success: 1 } : envelope;
  return { status: 200, reason: 'OK', body: JSON.stringify(body) };
}

function extjsError(error: ApiError): Answer {
  return json(
    {
      data: null,
      message: `${error.message}\n`,
      status: error.status === 400 ? '400' : error.status,
      success: 0,
      ...(error.errors === undefined ? {} : { errors: error.errors }),
    },
    'json',
  );
}

function plain(status: number, reason: string, body = reason): Answer {
  return { status, reason, body, contentType: status === 200 ? 'text/html;charset=UTF-8' : '' };
}

const indexPage = (node: string) =>
  `<!DOCTYPE html><html><head><title>${node} - Proxmox Virtual Environment</title></head><body>pretend lab</body></html>`;

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function fillIn(route: RouteMatch): string {
  return route.template.replace(/\{(\w+)\}/g, (_, name: string) => route.parameters[name] ?? '');
}
