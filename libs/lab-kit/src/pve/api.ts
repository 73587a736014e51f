import type { Answer, RawRequest } from '../http/answer.ts';
import type { RawParameters } from '../http/parameters.ts';
import type { Tickets } from '../http/tickets.ts';
import type { PveSite } from '../world/pve-site.ts';
import { backupRoutes } from './backup-routes.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { haRoutes } from './ha-routes.ts';
import { logRoutes } from './log-routes.ts';
import { notificationRoutes } from './notification-routes.ts';
import { replicationRoutes } from './replication-routes.ts';
import { storageRoutes } from './storage-routes.ts';
import { Authenticator } from './authenticate.ts';
import { collectParameters, isAnswer, plainError, refuseBody } from './read-request.ts';
import { accessRoutes } from './access-routes.ts';
import { ApiError, parameterError } from './api-error.ts';
import { Call, Paged, PlainText, type LabHooks, type Routes } from './call.ts';
import { clusterRoutes } from './cluster-routes.ts';
import { guestRoutes } from './guest-routes.ts';
import { machineRoutes } from './machine-routes.ts';
import { nodeRoutes } from './node-routes.ts';
import { denied, requirePermission } from './permissions.ts';
import { type ApiSchema, type MethodSchema, type RouteMatch } from './schema.ts';
import { taskRoutes } from './task-routes.ts';
import { verifyParameters } from './verify.ts';

const TOP = ['version', 'cluster', 'nodes', 'storage', 'access', 'pools'];
const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE']);

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
  readonly #login: Authenticator;
  readonly #delays: PveDelays;
  readonly #hooks: LabHooks;
  readonly #schema: ApiSchema;
  readonly #routes: Routes = {
    ...clusterRoutes,
    ...nodeRoutes,
    ...machineRoutes,
    ...guestRoutes,
    ...taskRoutes,
    ...accessRoutes,
    ...backupRoutes,
    ...bulkRoutes,
    ...haRoutes,
    ...logRoutes,
    ...notificationRoutes,
    ...replicationRoutes,
    ...storageRoutes,
  };

  constructor(options: {
    site: PveSite;
    tickets: Tickets;
    delays: PveDelays;
    hooks: LabHooks;
    schema: ApiSchema;
  }) {
    this.#site = options.site;
    this.#login = new Authenticator(options.site, options.tickets, options.delays.authMs);
    this.#delays = options.delays;
    this.#hooks = options.hooks;
    this.#schema = options.schema;
  }

  /** Answers a request that reached node `local`. Never throws. */
  async handle(local: string, request: RawRequest): Promise<Answer> {
    let format = 'json';
    try {
      if (!METHODS.has(request.method))
        throw new ApiError(501, `method '${request.method}' not available`, { bare: true });
      const [rawPath = '/', query = ''] = splitOnce(request.target, '?');
      const segments = rawPath.split('/').filter((s) => s !== '');
      if (segments[0] !== 'api2') {
        return rawPath === '/' ? indexPage(local) : plainError(500, `no such file '${rawPath}'`);
      }
      format = segments[1] ?? '';
      if (format === '') return plainError(501, 'no such uri');
      if (format !== 'json' && format !== 'extjs')
        return plainError(501, `no formatter for uri /${segments.slice(2).join('/')}, ${format}`);
      return await this.#answer(local, request, segments.slice(2), query, format);
    } catch (error) {
      const api =
        error instanceof ApiError
          ? error
          : new ApiError(500, error instanceof Error ? error.message : String(error));
      return format === 'extjs' && !api.bare ? extjsError(api) : api.toAnswer();
    }
  }

  async #answer(
    local: string,
    request: RawRequest,
    segments: string[],
    query: string,
    format: string,
  ): Promise<Answer> {
    const route = this.#schema.match(segments);
    const method = route?.schema[request.method as 'GET'];
    const authid = method?.world === 1 ? undefined : this.#login.authenticate(local, request);
    const path = `/${segments.join('/')}`;
    if (path === '/' && request.method === 'GET')
      return json({ data: TOP.map((subdir) => ({ subdir })) }, format);
    if (route === undefined || method === undefined) {
      throw new ApiError(501, `Method '${request.method} ${path}' not implemented`);
    }
    const bodyProblem = refuseBody(request);
    if (bodyProblem !== undefined) return bodyProblem;
    const parameters = collectParameters(request, query);
    if (isAnswer(parameters)) return parameters;
    return this.#call(local, request, { route, method, authid, parameters, format });
  }

  async #call(
    local: string,
    request: RawRequest,
    found: {
      route: RouteMatch;
      method: MethodSchema;
      authid: string | undefined;
      parameters: RawParameters;
      format: string;
    },
  ): Promise<Answer> {
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
      return json({ data: this.#login.login(local, request, parameters) }, found.format);
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
    const result = await this.#run(call, `${request.method} ${route.template}`, route, method);
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
}

/** Directories of the API do not agree on what to call a child. */
function childKey(template: string): 'subdir' | 'id' | 'method' | 'name' {
  if (template === '/access' || template === '/cluster/jobs' || /\{vmid\}$/.test(template)) return 'subdir';
  if (template === '/cluster/ha' || template === '/cluster/sdn') return 'id';
  return template === '/nodes/{node}/scan' ? 'method' : 'name';
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

function indexPage(node: string): Answer {
  const body = `<!DOCTYPE html><html><head><title>${node} - Proxmox Virtual Environment</title></head><body>pretend lab</body></html>`;
  return { status: 200, reason: 'OK', body, contentType: 'text/html;charset=UTF-8' };
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function fillIn(route: RouteMatch): string {
  return route.template.replace(/\{(\w+)\}/g, (_, name: string) => route.parameters[name] ?? '');
}
