import type { Clock } from '@proxmox-mcp/proxmox-client';
import type { Logger } from '@proxmox-mcp/service-kit';
import type { Trouble } from '../host/degradation.ts';

export interface FeedOptions {
  /** May hold credentials: it is never logged. */
  readonly url: string;
  /** Name for people: host of the URL. */
  readonly name: string;
  readonly maxFrameBytes: number;
  readonly longestPauseMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  /** Called with one frame at a time, in order; frames wait in the socket while it works. */
  readonly onFrame: (frame: Buffer) => Promise<void>;
  /** Called when the feed connects (no trouble) and when it is lost. */
  readonly onState: (troubles: readonly Trouble[]) => void;
}

/** A WebSocket feed, kept connected until stopped. */
export interface Feed {
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 1_000;
const HEARTBEAT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Frames read and not yet handled before the socket is told to wait. */
const MAX_WAITING = 100;

/** Connects, and connects again after a pause that doubles up to `longestPauseMs`. */
export function startFeed(options: FeedOptions): Feed {
  const { name, clock, log, random, longestPauseMs, onState } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    let failures = 0;
    let isDown = false;
    while (!signal.aborted) {
      const end = await connectOnce(options, signal, () => {
        failures = 0;
        isDown = false;
        onState([]);
        log.info({ feed: name }, 'feed connected');
      });
      if (signal.aborted) return;
      if (!isDown) log.warn({ feed: name, reason: end }, 'feed lost, will connect again');
      isDown = true;
      onState([
        {
          reason: 'unreachable',
          detail: `the feed is away: ${end}`,
          fix: 'check the entry of EVENT_WS_URLS',
        },
      ]);
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures++, 16), longestPauseMs);
      await clock.sleep(pause * (0.75 + random() / 4), signal).catch(() => undefined);
    }
  };
  const done = run();
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

/** One connection, from dialling to its end. @returns why it ended, in words of ours: the library's may quote the URL. */
async function connectOnce(options: FeedOptions, signal: AbortSignal, onOpen: () => void): Promise<string> {
  const { url, maxFrameBytes, clock, log, onFrame } = options;
  // Imported here: few labs have a feed, and the others start without the library.
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(url, {
    maxPayload: maxFrameBytes,
    handshakeTimeout: CONNECT_TIMEOUT_MS,
    perMessageDeflate: false,
  });
  const beating = new AbortController();
  let queue: Promise<void> = Promise.resolve();
  let waiting = 0;
  let isAlive = true;
  let reason = 'closed';

  const beat = async () => {
    for (;;) {
      await clock.sleep(HEARTBEAT_MS, beating.signal);
      if (!isAlive) {
        reason = 'no heartbeat';
        return socket.terminate();
      }
      isAlive = false;
      socket.ping();
    }
  };
  const stop = () => socket.terminate();
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
  });
  socket.on('error', (error) => {
    const { code } = error as NodeJS.ErrnoException;
    reason = code ?? 'handshake refused';
  });
  socket.on('open', () => {
    onOpen();
    beat().catch(() => undefined);
  });
  socket.on('pong', () => (isAlive = true));
  socket.on('message', (data) => {
    isAlive = true;
    // With the default binary type every message is a Buffer.
    const frame = data as Buffer;
    if (++waiting >= MAX_WAITING) socket.pause();
    queue = queue
      .then(() => onFrame(frame))
      .catch((err: unknown) => log.error({ err, feed: options.name }, 'frame of a feed not handled'))
      .then(() => {
        if (--waiting < MAX_WAITING && socket.isPaused) socket.resume();
      });
  });
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await closed;
    await queue;
  } finally {
    beating.abort();
    signal.removeEventListener('abort', stop);
  }
  return reason;
}
