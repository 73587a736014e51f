import { GatewayOpcodes } from 'discord-api-types/v10';
import { WebSocket } from 'ws';
import { readJson, type Clock } from '@proxmox-mcp/ingest-kit';
import { Hello, isResumable, Payload, Ready, type ConnectionEnd, type Session } from './payload.ts';

export interface ConnectionOptions {
  /** Without query. */
  readonly url: string;
  readonly token: string;
  readonly intents: number;
  /** Resumes it; without one, a new session is begun. */
  readonly session: Session | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  /** Ends the connection and with it the session. */
  readonly signal: AbortSignal;
  /** Called once, when events flow. `resumed`: those that were missed follow. */
  readonly onReady: (how: 'identified' | 'resumed') => void;
  readonly onDispatch: (type: string, data: unknown) => void;
}

const HANDSHAKE_MS = 10_000;
/** From the open socket to READY or RESUMED. */
const READY_MS = 20_000;
const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;
/** Tells Discord that we come back, so that it keeps the session: any code but 1000 and 1001. */
const COMING_BACK = 4_900;

/**
 * One connection to the Gateway (Discord docs, Gateway), from dialling to its end: heartbeats, identify or resume, dispatches.
 * What goes wrong is in the answer; throws only for a URL that is none.
 */
export async function connect(options: ConnectionOptions): Promise<ConnectionEnd> {
  const { token, intents, clock, random, signal, onReady, onDispatch } = options;
  let session = options.session;
  let readyAt: number | undefined;
  let reason = 'closed';
  let isAcknowledged = true;
  const over = new AbortController();
  const socket = new WebSocket(`${options.url.replace(/\/$/, '')}/?v=10&encoding=json`, {
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MAX_PAYLOAD_BYTES,
    perMessageDeflate: false,
  });
  const closed = new Promise<number | undefined>((resolve) => {
    // 1006 and 1005 are no codes of the other side: there was no close frame, or nothing in it.
    socket.on('close', (code) => resolve(code === 1005 || code === 1006 ? undefined : code));
  });
  const send = (op: number, d: unknown) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ op, d }));
  };
  const end = (why: string) => {
    reason = why;
    socket.close(COMING_BACK);
    // A wire that is dead never answers the close frame.
    socket.terminate();
  };

  const beat = async (intervalMs: number) => {
    await clock.sleep(intervalMs * random(), over.signal);
    for (;;) {
      if (!isAcknowledged) return end('no heartbeat was acknowledged');
      isAcknowledged = false;
      send(GatewayOpcodes.Heartbeat, session?.sequence ?? null);
      await clock.sleep(intervalMs, over.signal);
    }
  };
  const expectReady = async () => {
    await clock.sleep(READY_MS, over.signal);
    if (readyAt === undefined) end('it did not become ready');
  };
  const hello = (d: unknown) => {
    const parsed = Hello.safeParse(d);
    if (!parsed.success) return end('its greeting was not understood');
    beat(parsed.data.heartbeat_interval).catch(() => undefined);
    if (session !== undefined) {
      return send(GatewayOpcodes.Resume, { token, session_id: session.id, seq: session.sequence });
    }
    const properties = { os: process.platform, browser: 'proxmox-mcp', device: 'proxmox-mcp' };
    send(GatewayOpcodes.Identify, { token, intents, properties });
  };
  const dispatch = ({ t, s, d }: Payload) => {
    if (t === 'READY') {
      const parsed = Ready.safeParse(d);
      if (!parsed.success) return end('its READY was not understood');
      session = { id: parsed.data.session_id, resumeUrl: parsed.data.resume_gateway_url, sequence: 0 };
    }
    if (session !== undefined && typeof s === 'number' && s > session.sequence)
      session = { ...session, sequence: s };
    if (t === 'READY' || t === 'RESUMED') {
      readyAt = clock.now();
      onReady(t === 'READY' ? 'identified' : 'resumed');
    }
    if (typeof t === 'string') onDispatch(t, d);
  };

  const stop = () => {
    session = undefined;
    // The close frame goes out before the wire is cut: Discord shows a bot offline at once then.
    socket.close(1000);
    setTimeout(() => socket.terminate(), 500).unref();
    if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
  };
  socket.on('error', (err) => {
    const { code } = err as NodeJS.ErrnoException;
    if (reason === 'closed') reason = code ?? 'the handshake was refused';
  });
  socket.on('open', () => void expectReady().catch(() => undefined));
  socket.on('message', (data) => {
    // With the default binary type every message is a Buffer.
    const parsed = Payload.safeParse(readJson((data as Buffer).toString('utf8')));
    if (!parsed.success) return end('a payload was not understood');
    const { op, d } = parsed.data;
    // Opcodes of later versions fall through.
    switch (op as GatewayOpcodes) {
      case GatewayOpcodes.Dispatch:
        return dispatch(parsed.data);
      case GatewayOpcodes.Hello:
        return hello(d);
      case GatewayOpcodes.HeartbeatAck:
        isAcknowledged = true;
        return;
      case GatewayOpcodes.Heartbeat:
        return send(GatewayOpcodes.Heartbeat, session?.sequence ?? null);
      case GatewayOpcodes.Reconnect:
        return end('asked to connect again');
      case GatewayOpcodes.InvalidSession:
        if (d !== true) session = undefined;
        return end('the session is no longer valid');
      default:
    }
  });
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const code = await closed;
    return {
      reason: code === undefined || reason !== 'closed' ? reason : `close code ${code}`,
      ...(code === undefined ? {} : { code }),
      ...(isResumable(code) && session !== undefined ? { session } : {}),
      ...(readyAt === undefined ? {} : { livedMs: clock.now() - readyAt }),
    };
  } finally {
    over.abort();
    signal.removeEventListener('abort', stop);
  }
}
