import { randomUUID } from 'node:crypto';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import type { McpServer } from '@modelcontextprotocol/server';
import type { Principal } from '../auth/grants.ts';
import { EventRing } from './event-ring.ts';

/** One client of the 2025 era. */
export interface Session {
  readonly principalId: string;
  readonly server: McpServer;
  readonly transport: NodeStreamableHTTPServerTransport;
  readonly subscriptions: Set<string>;
  /** Requests and streams under way. */
  open: number;
  seenAt: number;
}

export interface SessionsOptions {
  readonly createServer: (principal: Principal, subscriptions: Set<string>) => McpServer;
  readonly now: () => number;
  readonly idleMs: number;
  readonly maxPerPrincipal: number;
  readonly maxTotal: number;
}

/** Sessions of the 2025 era: bound to who opened them, bounded in number, closed when idle. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** @returns `undefined` also for a session of somebody else: it does not exist for this principal. */
  find(id: string, principal: Principal): Session | undefined {
    const session = this.#sessions.get(id);
    return session?.principalId === principal.id ? session : undefined;
  }

  /** Makes a session that is known from its `initialize` on. @returns `undefined` when there are too many. */
  async open(principal: Principal): Promise<Session | undefined> {
    const { maxPerPrincipal, maxTotal, createServer, now } = this.#options;
    const own = [...this.#sessions.values()].filter((session) => session.principalId === principal.id);
    if (this.#sessions.size >= maxTotal || own.length >= maxPerPrincipal) return undefined;
    const subscriptions = new Set<string>();
    const server = createServer(principal, subscriptions);
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new EventRing(),
      retryInterval: 1_000,
      onsessioninitialized: (id) => this.adopt(id, session),
    });
    const session: Session = {
      principalId: principal.id,
      server,
      transport,
      subscriptions,
      open: 0,
      seenAt: now(),
    };
    await server.connect(transport);
    return session;
  }

  /** Knows a session by its id from now on. */
  adopt(id: string, session: Session): void {
    this.#sessions.set(id, session);
    session.server.server.onclose = () => void this.#sessions.delete(id);
  }

  /** Tells every session that asked for it. */
  resourceUpdated(uri: string): void {
    for (const { server, subscriptions } of this.#sessions.values()) {
      // A session that is just closing cannot be told.
      if (subscriptions.has(uri)) server.server.sendResourceUpdated({ uri }).catch(() => undefined);
    }
  }

  /** Closes sessions without a stream that nobody used for long, and those whose principal is gone. */
  async sweep(isCurrent: (principalId: string) => Promise<boolean>): Promise<void> {
    const { idleMs, now } = this.#options;
    for (const session of [...this.#sessions.values()]) {
      const isIdle = session.open === 0 && now() - session.seenAt > idleMs;
      if (isIdle || !(await isCurrent(session.principalId))) await session.server.close();
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.server.close()));
  }
}
