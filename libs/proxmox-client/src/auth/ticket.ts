import type { Product } from '@proxmox-mcp/schemas';
import type { Clock } from '../clock.ts';
import { ProxmoxError } from '../error.ts';
import type { HostAuth } from '@proxmox-mcp/schemas';
import type { Answer } from '../read-answer.ts';
import { abortable } from './abortable.ts';
import type { Credentials } from './credentials.ts';

/** Sends `POST /access/ticket`, without credentials. */
export type SendLogin = (
  params: { readonly username: string; readonly password: string },
  secrets: readonly string[],
) => Promise<{ readonly answer: Answer; readonly setCookie: readonly string[] }>;

/** What a login needs. */
export interface TicketOptions {
  readonly host: string;
  readonly product: Product;
  readonly auth: HostAuth & { kind: 'password' };
  readonly clock: Clock;
  readonly renewMs: number;
  readonly send: SendLogin;
}

interface Ticket {
  readonly cookie: string;
  readonly csrf: string;
  readonly value: string;
  readonly since: number;
}

// Tickets live two hours. Past this age one is not worth sending as a password either.
const LIFE_MS = 115 * 60_000;

// A refused password is not tried again for so long: every attempt takes three seconds and counts for fail2ban.
const REST_MS = 30_000;

/** A ticket: logged in for on first use, renewed by sending it as the password, replaced when refused. */
export function ticketCredentials(options: TicketOptions): Credentials {
  const { auth, clock, product } = options;
  let ticket: Ticket | undefined;
  let pending: Promise<Ticket> | undefined;
  let refusal: { readonly error: ProxmoxError; readonly until: number } | undefined;

  const login = async (password: string): Promise<Ticket> => {
    const since = clock.now();
    const { answer, setCookie } = await options.send({ username: auth.user, password }, [
      auth.password,
      password,
    ]);
    return { ...readTicket(answer, setCookie, options), since };
  };

  const renew = async (old: Ticket | undefined): Promise<Ticket> => {
    if (old === undefined || clock.now() - old.since >= LIFE_MS) return login(auth.password);
    try {
      return await login(old.value);
    } catch (error) {
      if (error instanceof ProxmoxError && error.kind === 'auth') return login(auth.password);
      throw error;
    }
  };

  const current = async (signal: AbortSignal | undefined): Promise<Ticket> => {
    if (ticket !== undefined && clock.now() - ticket.since < options.renewMs) return ticket;
    if (refusal !== undefined && clock.now() < refusal.until) throw refusal.error;
    // One login for all who wait.
    pending ??= renew(ticket)
      .then(
        (fresh) => (ticket = fresh),
        (error: unknown) => {
          if (error instanceof ProxmoxError && error.kind === 'auth') {
            refusal = { error, until: clock.now() + REST_MS };
          }
          throw error;
        },
      )
      .finally(() => {
        pending = undefined;
      });
    return abortable(pending, signal);
  };

  return {
    async headers(isWrite, signal) {
      const { cookie, csrf } = await current(signal);
      return isWrite ? { cookie, csrfpreventiontoken: csrf } : { cookie };
    },
    refused(headers) {
      // Only if nobody has replaced it meanwhile.
      if (ticket !== undefined && headers['cookie'] === ticket.cookie) ticket = undefined;
      return true;
    },
    secrets: () => [
      auth.password,
      ...(ticket === undefined ? [] : [ticket.value, encodeURIComponent(ticket.value), ticket.csrf]),
    ],
  };

  function readTicket(
    answer: Answer,
    setCookie: readonly string[],
    { host }: TicketOptions,
  ): Omit<Ticket, 'since'> {
    const refuse = (detail: string): ProxmoxError =>
      new ProxmoxError({ kind: 'auth', host, method: 'POST', path: '/access/ticket', detail });
    // Read key by key below; everything in it stays unknown until checked.
    const data = (answer.data ?? {}) as Readonly<Record<string, unknown>>;
    const fromCookie =
      readCookie(setCookie, '__Host-PBSAuthCookie') ?? readCookie(setCookie, 'PBSAuthCookie');
    const value = typeof data['ticket'] === 'string' ? data['ticket'] : fromCookie;
    if (data['NeedTFA'] || value?.includes(':!tfa!')) {
      throw refuse('the account asks for a second factor: use an API token instead of a password');
    }
    const csrf = data['CSRFPreventionToken'];
    if (value === undefined || typeof csrf !== 'string')
      throw refuse('the login was answered without a ticket');
    const encoded = encodeURIComponent(value);
    return {
      value,
      csrf,
      cookie:
        product === 'pve'
          ? `PVEAuthCookie=${encoded}`
          : // PBS 4 looks for the first name, older ones for the second; both ignore the other.
            `__Host-PBSAuthCookie=${encoded}; PBSAuthCookie=${encoded}`,
    };
  }
}

function readCookie(setCookie: readonly string[], name: string): string | undefined {
  for (const line of setCookie) {
    const [pair = ''] = line.split(';', 1);
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== name) continue;
    const value = pair.slice(at + 1).trim();
    try {
      return decodeURIComponent(value);
    } catch {
      return value;
    }
  }
  return undefined;
}
