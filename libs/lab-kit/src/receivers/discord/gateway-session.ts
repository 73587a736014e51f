import type { GuildChange } from './guild.ts';

/** Opcodes of the Gateway (Discord docs, Opcodes and Status Codes). */
export const OP = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  presence: 3,
  voice: 4,
  resume: 6,
  reconnect: 7,
  members: 8,
  invalidSession: 9,
  hello: 10,
  ack: 11,
} as const;

/** Close codes of the Gateway. */
export const CLOSE = {
  unknownOpcode: 4001,
  decode: 4002,
  notAuthenticated: 4003,
  authenticationFailed: 4004,
  alreadyAuthenticated: 4005,
  invalidSeq: 4007,
  rateLimited: 4008,
  timedOut: 4009,
  invalidShard: 4010,
  invalidVersion: 4012,
  invalidIntents: 4013,
  disallowedIntents: 4014,
} as const;

/** Bits of `intents` that the lab looks at. */
export const INTENT = {
  guilds: 1 << 0,
  members: 1 << 1,
  presences: 1 << 8,
  messages: 1 << 9,
  content: 1 << 15,
} as const;

/** Events that a session which lost its connection is given again when it resumes. */
const MAX_REPLAY = 1_000;

/** A dispatched event, numbered within its session. */
export interface Dispatched {
  readonly op: 0;
  readonly t: string;
  readonly s: number;
  readonly d: unknown;
}

/** What a bot identified for; outlives its connection, so that the bot can resume. */
export class GatewaySession {
  readonly id: string;
  readonly intents: number;
  #sequence = 0;
  #sent: Dispatched[] = [];
  #send: ((payload: Dispatched) => void) | undefined;

  constructor(id: string, intents: number) {
    this.id = id;
    this.intents = intents;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get isConnected(): boolean {
    return this.#send !== undefined;
  }

  /** `undefined` when the connection is gone: events are kept for a resume. */
  attach(send: ((payload: Dispatched) => void) | undefined): void {
    this.#send = send;
  }

  dispatch(t: string, d: unknown): void {
    const payload: Dispatched = { op: OP.dispatch, t, s: ++this.#sequence, d };
    this.#sent.push(payload);
    if (this.#sent.length > MAX_REPLAY) this.#sent.shift();
    this.#send?.(payload);
  }

  /** Sends again what came after `sequence`. */
  replay(sequence: number): void {
    for (const payload of this.#sent) if (payload.s > sequence) this.#send?.(payload);
  }

  wants({ kind }: GuildChange): boolean {
    return kind.startsWith('MESSAGE_') && (this.intents & INTENT.messages) !== 0;
  }
}
