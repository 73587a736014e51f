import type { RawRequest } from '../http/answer.ts';
import type { RawParameters } from '../http/parameters.ts';
import type { Tickets } from '../http/tickets.ts';
import { PRI, type PveSite } from '../world/pve-site.ts';
import { ApiError } from './api-error.ts';

/** Who may come in: tickets, tokens, and the login that gives tickets. */
export class Authenticator {
  readonly #site: PveSite;
  readonly #tickets: Tickets;
  readonly #delayMs: number;

  /** @param delayMs wait before a refusal, wall-clock milliseconds. */
  constructor(site: PveSite, tickets: Tickets, delayMs: number) {
    this.#site = site;
    this.#tickets = tickets;
    this.#delayMs = delayMs;
  }

  /** @returns the authid. @throws {ApiError} 401 without a body. */
  authenticate(local: string, request: RawRequest): string {
    const cookie = /(?:^|;\s*)PVEAuthCookie=([^;]*)/.exec(request.headers['cookie'] ?? '')?.[1];
    return cookie === undefined ? this.#byToken(local, request) : this.#byTicket(request, cookie);
  }

  /** POST /access/ticket. @throws {ApiError} 401, this one with a body. */
  login(local: string, request: RawRequest, parameters: RawParameters): unknown {
    const text = (name: string) => {
      const value = parameters[name];
      return typeof value === 'string' ? value : '';
    };
    const realm = text('realm');
    const userid =
      realm === '' || text('username').includes('@') ? text('username') : `${text('username')}@${realm}`;
    const user = this.#site.access.users.get(userid);
    const isKnown =
      user !== undefined && user.enable && (user.expire === 0 || user.expire > this.#site.seconds());
    const password = text('password');
    const isGood = isKnown && (user.password === password || this.#tickets.userOf(password) === userid);
    if (!isGood) {
      const line = `authentication failure; rhost=${request.remoteAddress} user=${userid} msg=Authentication failure`;
      this.#site.daemonLog(local, 'pvedaemon', PRI.err, line);
      throw new ApiError(401, 'authentication failure', { delayMs: this.#delayMs });
    }
    const msg = `successful auth for user '${userid}'`;
    const pid = this.#site.node(local).daemons['pvedaemon'] ?? 1;
    this.#site.daemonLog(local, 'pvedaemon', PRI.info, `<root@pam> ${msg}`);
    this.#site.logCluster(local, { pri: 6, tag: 'pvedaemon', pid, user: 'root@pam', msg });
    const { ticket, csrf } = this.#tickets.issue(userid);
    return {
      username: userid,
      ticket,
      CSRFPreventionToken: csrf,
      cap: capabilities(this.#site, userid),
      ...(this.#site.clusterName === undefined ? {} : { clustername: this.#site.clusterName }),
    };
  }

  #byTicket(request: RawRequest, cookie: string): string {
    const userid = this.#tickets.userOf(safeDecode(cookie));
    const user = userid === undefined ? undefined : this.#site.access.users.get(userid);
    if (userid === undefined || user?.enable !== true) throw this.#refusal('Authentication failed!');
    const csrf = request.headers['csrfpreventiontoken'];
    if (request.method !== 'GET' && !this.#tickets.isCsrfOf(userid, csrf)) {
      throw this.#refusal('Permission denied - invalid csrf token');
    }
    return userid;
  }

  #byToken(local: string, request: RawRequest): string {
    const header = request.headers['authorization'] ?? '';
    if (!header.startsWith('PVEAPIToken')) throw this.#refusal('No ticket');
    const [, authid = '', secret] =
      /^PVEAPIToken[= ]([^!\s]{1,200}![^=\s]{1,200})=(\S{1,200})$/.exec(header) ?? [];
    const token = this.#site.access.tokens.get(authid);
    const user = token === undefined ? undefined : this.#site.access.users.get(token.userid);
    const isExpired = token !== undefined && token.expire !== 0 && token.expire < this.#site.seconds();
    if (token === undefined || token.secret !== secret || user?.enable !== true || isExpired) {
      const [userid = '', tokenid = ''] = authid.split('!');
      const why =
        token === undefined ? `no such token '${tokenid}' for user '${userid}'` : 'invalid token value!';
      this.#site.daemonLog(local, 'pveproxy', PRI.warning, `authentication failure: ${why}`);
      throw this.#refusal('Authentication failed!');
    }
    return authid;
  }

  #refusal(reason: string): ApiError {
    return new ApiError(401, reason, { bare: true, delayMs: this.#delayMs });
  }
}

/** What the login answer tells the web interface to show. */
function capabilities(site: PveSite, userid: string): Record<string, Record<string, number>> {
  const take = (path: string, wanted: RegExp) => {
    const privs = [...site.access.privileges(userid, path).keys()].filter((p) => wanted.test(p));
    return Object.fromEntries(privs.map((p) => [p, 1]));
  };
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

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
