import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { isObject, jsonOf } from '../http-receiver.ts';
import { channelBody } from './bot-routes.ts';
import { CLOSE, GatewaySession, INTENT, OP } from './gateway-session.ts';
import type { Guild, GuildChange } from './guild.ts';
import { publicPart, withoutContent } from './message.ts';

/** What tests do to the Gateway. */
export interface DiscordGateway {
  /** Bots that are identified and connected. */
  sessions(): number;
  /** How many IDENTIFY and RESUME were accepted so far. */
  accepted(): { readonly identified: number; readonly resumed: number };
  /** Ends all connections: with a close code, or by cutting the wire when none is given. Sessions can be resumed. */
  cut(code?: number): void;
  /** Forgets all sessions: a resume is answered with Invalid Session. */
  forgetSessions(): void;
  /** Asks all bots to connect again (opcode 7). */
  askReconnect(): void;
  /** The next IDENTIFY is answered with this close code. */
  refuseNext(code: number): void;
  /** Down: connections are cut, and new ones refused with 503. */
  setDown(isDown: boolean): void;
  /** Mute: heartbeats are not acknowledged, as on a connection that died unnoticed. */
  setMute(isMute: boolean): void;
  /** Stops telling of messages, without a word: what a bot must find out by looking. */
  setDeaf(isDeaf: boolean): void;
}

export interface GatewayOptions {
  readonly server: Server;
  readonly guild: Guild;
  readonly url: () => string;
  /** Interval that HELLO asks for. */
  readonly heartbeatMs: number;
}

const MAX_PAYLOAD_BYTES = 4_096;
/** Payloads in a minute before a connection is closed. */
const MAX_PER_MINUTE = 120;
const KNOWN_INTENTS = 0b11_0011_0001_1111_1111_1111_1111;
const OPCODES: ReadonlySet<number> = new Set([1, 2, 3, 4, 6, 8]);

/** Serves the Gateway (Discord docs, Gateway) on the upgrade requests of an HTTP server. */
export function openGateway({
  server,
  guild,
  url,
  heartbeatMs,
}: GatewayOptions): DiscordGateway & { close(): void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 65_536 });
  const sessions = new Map<string, GatewaySession>();
  const open = new Set<WebSocket>();
  const accepted = { identified: 0, resumed: 0 };
  const state = { isDown: false, isMute: false, isDeaf: false, refuseWith: 0 };
  let lastSession = 0;

  server.on('upgrade', (incoming, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (state.isDown) return void socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    const query = new URL(incoming.url ?? '/', 'http://receiver').searchParams;
    sockets.handleUpgrade(incoming, socket, head, (connection) => {
      open.add(connection);
      connection.on('close', () => open.delete(connection));
      connection.on('error', () => connection.terminate());
      if (query.get('v') !== '10') return connection.close(CLOSE.invalidVersion, 'Invalid API version');
      if (query.get('encoding') !== 'json') return connection.close(CLOSE.decode, 'Only JSON is spoken here');
      serve(connection);
    });
  });

  guild.onChange((change) => {
    if (state.isDeaf) return;
    for (const session of sessions.values()) {
      if (session.wants(change)) session.dispatch(change.kind, payloadOf(change, session));
    }
  });

  function payloadOf({ kind, message }: GuildChange, { intents }: GatewaySession): unknown {
    const { id, channel_id } = message;
    if (kind === 'MESSAGE_DELETE') return { id, channel_id, guild_id: guild.id };
    const whole = { ...publicPart(message), guild_id: guild.id };
    return (intents & INTENT.content) !== 0 ? whole : withoutContent(whole);
  }

  function serve(connection: WebSocket): void {
    let session: GatewaySession | undefined;
    let inMinute = 0;
    let minute = Date.now();
    const send = (payload: object) => connection.send(JSON.stringify(payload));
    let deadline = setTimeout(() => undefined, 0);
    const expectHeartbeat = () => {
      clearTimeout(deadline);
      deadline = setTimeout(
        () => connection.close(CLOSE.timedOut, 'Session timed out'),
        heartbeatMs * 1.5 + 1_000,
      ).unref();
    };

    const identify = (d: Record<string, unknown>) => {
      if (session !== undefined) return connection.close(CLOSE.alreadyAuthenticated, 'Already authenticated');
      const code = state.refuseWith || faultOf(d, guild);
      state.refuseWith = 0;
      if (code !== undefined && code !== 0) return connection.close(code, 'Refused');
      session = new GatewaySession(`lab-session-${++lastSession}`, Number(d['intents']));
      sessions.set(session.id, session);
      session.attach(send);
      accepted.identified++;
      session.dispatch('READY', ready(session, d['shard']));
      if ((session.intents & INTENT.guilds) !== 0) session.dispatch('GUILD_CREATE', guildBody(guild));
    };
    const resume = (d: Record<string, unknown>) => {
      if (session !== undefined) return connection.close(CLOSE.alreadyAuthenticated, 'Already authenticated');
      if (tokenOf(d) !== guild.botToken)
        return connection.close(CLOSE.authenticationFailed, 'Authentication failed');
      const known = sessions.get(String(d['session_id']));
      if (known === undefined) return send({ op: OP.invalidSession, d: false });
      const seq = Number(d['seq']);
      if (!(seq <= known.sequence)) return connection.close(CLOSE.invalidSeq, 'Invalid seq');
      session = known;
      session.attach(send);
      accepted.resumed++;
      session.replay(seq);
      session.dispatch('RESUMED', {});
    };
    const ready = ({ id }: GatewaySession, shard: unknown) => ({
      v: 10,
      user: { ...guild.bot, verified: true, mfa_enabled: false, email: null },
      guilds: [{ id: guild.id, unavailable: true }],
      session_id: id,
      resume_gateway_url: url(),
      ...(shard === undefined ? {} : { shard }),
      application: { id: guild.applicationId, flags: guild.isContentGranted ? 1 << 19 : 0 },
    });

    connection.on('message', (data: RawData) => {
      // With the default binary type every message is a Buffer.
      const raw = data as Buffer;
      const payload = raw.length > MAX_PAYLOAD_BYTES ? undefined : jsonOf(raw);
      if (!isObject(payload)) return connection.close(CLOSE.decode, 'Error while decoding payload');
      if (Date.now() - minute >= 60_000) [minute, inMinute] = [Date.now(), 0];
      if (++inMinute > MAX_PER_MINUTE)
        return connection.close(CLOSE.rateLimited, 'You are being rate limited');
      const op = Number(payload['op']);
      if (!OPCODES.has(op)) return connection.close(CLOSE.unknownOpcode, 'Unknown opcode');
      if (op === OP.heartbeat) {
        expectHeartbeat();
        if (!state.isMute) send({ op: OP.ack });
        return;
      }
      const d = isObject(payload['d']) ? payload['d'] : {};
      if (op === OP.identify) return identify(d);
      if (op === OP.resume) return resume(d);
      if (session === undefined) connection.close(CLOSE.notAuthenticated, 'Not authenticated');
    });
    connection.on('close', (code) => {
      clearTimeout(deadline);
      session?.attach(undefined);
      // A bot that says goodbye does not come back (Discord docs, Initiating a Disconnect).
      if (session !== undefined && (code === 1000 || code === 1001)) sessions.delete(session.id);
    });
    expectHeartbeat();
    send({ op: OP.hello, d: { heartbeat_interval: heartbeatMs } });
  }

  return {
    sessions: () => [...sessions.values()].filter(({ isConnected }) => isConnected).length,
    accepted: () => ({ ...accepted }),
    cut(code) {
      for (const connection of open) {
        if (code === undefined) connection.terminate();
        else connection.close(code);
      }
    },
    forgetSessions: () => sessions.clear(),
    askReconnect: () =>
      open.forEach((connection) => connection.send(JSON.stringify({ op: OP.reconnect, d: null }))),
    refuseNext: (code) => void (state.refuseWith = code),
    setDown(isDown) {
      state.isDown = isDown;
      if (isDown) for (const connection of open) connection.terminate();
    },
    setMute: (isMute) => void (state.isMute = isMute),
    setDeaf: (isDeaf) => void (state.isDeaf = isDeaf),
    close() {
      for (const connection of open) connection.terminate();
      sockets.close();
    },
  };
}

/** The close code that an IDENTIFY earns. */
function faultOf(d: Record<string, unknown>, guild: Guild): number | undefined {
  const { intents, properties, shard } = d;
  if (!isObject(properties)) return CLOSE.decode;
  if (tokenOf(d) !== guild.botToken) return CLOSE.authenticationFailed;
  if (typeof intents !== 'number' || !Number.isInteger(intents) || (intents & ~KNOWN_INTENTS) !== 0)
    return CLOSE.invalidIntents;
  if (shard !== undefined && !(Array.isArray(shard) && Number(shard[0]) < Number(shard[1])))
    return CLOSE.invalidShard;
  const privileged = INTENT.members | INTENT.presences | (guild.isContentGranted ? 0 : INTENT.content);
  return (intents & privileged) === 0 ? undefined : CLOSE.disallowedIntents;
}

/** Libraries send the token with or without its scheme. */
function tokenOf(d: Record<string, unknown>): string {
  return String(d['token']).replace(/^Bot /, '');
}

function guildBody(guild: Guild): Record<string, unknown> {
  return {
    id: guild.id,
    name: 'lab',
    icon: null,
    owner_id: '300000000000000003',
    roles: [
      {
        id: guild.id,
        name: '@everyone',
        permissions: '66560',
        position: 0,
        color: 0,
        hoist: false,
        managed: false,
        mentionable: false,
        flags: 0,
      },
    ],
    emojis: [],
    stickers: [],
    features: [],
    joined_at: '2026-01-01T00:00:00.000000+00:00',
    large: false,
    unavailable: false,
    member_count: 2,
    members: [
      {
        user: guild.bot,
        roles: [],
        joined_at: '2026-01-01T00:00:00.000000+00:00',
        deaf: false,
        mute: false,
        flags: 0,
      },
    ],
    channels: [...guild.channels.values()]
      .filter(({ view }) => view)
      .map((channel) => channelBody(guild, channel)),
    threads: [],
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}
