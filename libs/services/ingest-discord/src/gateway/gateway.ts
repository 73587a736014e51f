import { GatewayCloseCodes, GatewayIntentBits } from 'discord-api-types/v10';
import type { Logger } from '@proxmox-mcp/service-kit';
import type { Clock, Trouble } from '@proxmox-mcp/ingest-kit';
import { isTrusted } from '../config.ts';
import type { DiscordApi } from '../rest/discord-api.ts';
import { DiscordError } from '../rest/discord-error.ts';
import { BAD_TOKEN, gatewayAway, NO_CONTENT } from '../trouble.ts';
import { connect } from './connection.ts';
import type { ConnectionEnd, Session } from './payload.ts';

export interface GatewayOptions {
  readonly api: DiscordApi;
  readonly token: string;
  readonly pollSeconds: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Events flow from now on; what came before may be missing. */
  readonly onConnected: () => void;
  /** Nothing is heard any more. A trouble worth telling stays until `onConnected`; there is none while it may be back in a second. */
  readonly onLost: (trouble: Trouble | undefined) => void;
  /** A message object of MESSAGE_CREATE or MESSAGE_UPDATE. */
  readonly onMessage: (type: 'created' | 'updated', data: unknown) => void;
}

const INTENTS = GatewayIntentBits.GuildMessages | GatewayIntentBits.MessageContent;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A connection that lived so long was a good one. */
const GOOD_MS = 60_000;
/** After a refusal that only a person can mend. */
const REFUSED_PAUSE_MS = 300_000;
/** Between two looks at whether the person has. */
const INTENT_PAUSE_MS = 60_000;
/** A bot that begins more sessions in a day than it is given loses its token: the last ones are left alone. */
const SESSION_RESERVE = 20;
/** Attempts to resume before a new session is begun. */
const MAX_RESUMES = 3;

/** Keeps a connection to the Gateway until the signal aborts. Resolves then. */
export async function keepGateway(options: GatewayOptions): Promise<void> {
  const { api, clock, random, log, signal, pollSeconds, onLost } = options;
  let session: Session | undefined;
  let failures = 0;
  // Attempts in a row that never became ready.
  let misses = 0;
  while (!signal.aborted) {
    let trouble: Trouble;
    let pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures++, 16), LONGEST_PAUSE_MS);
    try {
      const end = await attempt(options, session);
      misses = end.livedMs === undefined ? misses + 1 : 0;
      session = misses < MAX_RESUMES ? end.session : undefined;
      if ((end.livedMs ?? 0) >= GOOD_MS) failures = 0;
      trouble = troubleOfEnd(end, pollSeconds);
    } catch (err) {
      if (signal.aborted) return;
      if (!(err instanceof DiscordError)) throw err;
      misses++;
      trouble = err.kind === 'auth' ? BAD_TOKEN : gatewayAway(err.message, pollSeconds);
      pauseMs = Math.max(pauseMs, err.retryAfterMs ?? 0);
    }
    if (signal.aborted) return;
    log.debug({ reason: trouble.detail }, 'Gateway lost, will connect again');
    const needsPerson = trouble === NO_CONTENT || trouble === BAD_TOKEN;
    // A connection that breaks and is there again a second later is daily life, and no trouble.
    onLost(needsPerson || misses > 1 ? trouble : undefined);
    try {
      if (trouble === NO_CONTENT) await untilGranted(api, { clock, signal });
      else
        await clock.sleep(
          (trouble === BAD_TOKEN ? REFUSED_PAUSE_MS : pauseMs) * (0.75 + random() / 4),
          signal,
        );
    } catch (err) {
      if (!signal.aborted) throw err;
    }
  }
}

async function attempt(options: GatewayOptions, session: Session | undefined): Promise<ConnectionEnd> {
  const { api, token, clock, random, signal, onConnected, onMessage, log } = options;
  let url = session?.resumeUrl;
  if (url === undefined) {
    const gateway = await api.gateway(signal);
    if (gateway.remaining <= SESSION_RESERVE) {
      const why = 'the sessions of the day are used up';
      throw new DiscordError('rate-limited', why, { retryAfterMs: gateway.resetAfterMs });
    }
    url = gateway.url;
  }
  if (!isGatewayUrl(url)) throw new DiscordError('not-discord', 'its address is no wss:// URL');
  return connect({
    url,
    token,
    intents: INTENTS,
    session,
    clock,
    random,
    signal,
    onReady(how) {
      log.debug({ how }, 'Gateway connected');
      onConnected();
    },
    onDispatch(type, data) {
      if (type === 'MESSAGE_CREATE') onMessage('created', data);
      else if (type === 'MESSAGE_UPDATE') onMessage('updated', data);
    },
  });
}

/** Asks now and then whether the intent was switched on: each IDENTIFY would cost one of the day's sessions. */
async function untilGranted(
  api: DiscordApi,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  let isGranted = false;
  while (!isGranted) {
    await clock.sleep(INTENT_PAUSE_MS, signal);
    isGranted = await api.isContentGranted(signal).catch((err: unknown) => {
      if (err instanceof DiscordError) return false;
      throw err;
    });
  }
}

function troubleOfEnd({ code, reason }: ConnectionEnd, pollSeconds: number): Trouble {
  const refusals: readonly number[] = [GatewayCloseCodes.DisallowedIntents, GatewayCloseCodes.InvalidIntents];
  if (code !== undefined && refusals.includes(code)) return NO_CONTENT;
  return code === GatewayCloseCodes.AuthenticationFailed ? BAD_TOKEN : gatewayAway(reason, pollSeconds);
}

function isGatewayUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return /^wss?:$/.test(url.protocol) && isTrusted(url);
}
