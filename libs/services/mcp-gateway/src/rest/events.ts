import type { Bus } from '@proxmox-mcp/bus';
import { Severity } from '@proxmox-mcp/schemas';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { decodeCursor } from '../call/event-cursor.ts';
import { findGuest } from '../fleet/guest-address.ts';
import type { Mirror } from '../fleet/mirror.ts';
import { principalOfRequest } from '../http/authentication.ts';
import { httpError } from '../http/rpc-error.ts';
import { whereToStart } from '../wait/gap.ts';
import { HoldLimit } from '../wait/limits.ts';
import { defined } from '../tools/arguments.ts';
import { EventStream, type StreamEnd } from './event-stream.ts';

const words = z
  .union([z.string(), z.array(z.string())])
  .transform((value) =>
    (Array.isArray(value) ? value : [value])
      .flatMap((text) => text.split(',', 50))
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  )
  .pipe(z.array(z.string().max(80)).max(50));

const Query = z.object({
  cursor: z.string().max(100).optional(),
  types: words.optional(),
  severity: Severity.optional(),
  source: words.optional(),
  cluster: z.string().max(200).optional(),
  node: z.string().max(100).optional(),
  guest: z.string().max(200).optional(),
  storage: z.string().max(100).optional(),
});

export interface EventRouteOptions {
  readonly bus: Bus;
  readonly mirror: Mirror;
  readonly heartbeatMs: number;
  readonly drainMs: number;
  readonly isCurrent: (principalId: string) => Promise<boolean>;
  readonly onEnd: (reason: StreamEnd) => void;
  readonly onOpen: (open: number) => void;
  /** A reader was told that events it asked for are not kept any more. */
  readonly onGap: () => void;
}

/** Mounts `GET /api/v1/events/stream`. @returns the way to end all streams. */
export function mountEventStream(app: FastifyInstance, options: EventRouteOptions): { endAll(): void } {
  const { bus, mirror, heartbeatMs, drainMs, isCurrent, onEnd, onOpen, onGap } = options;
  const streams = new Set<EventStream>();
  const limit = new HoldLimit({ perPrincipal: 50, total: 500 });

  app.get('/api/v1/events/stream', async (request, reply) => {
    const principal = principalOfRequest(request);
    if (!principal.toolsets.has('events')) {
      return httpError(reply, request.url, {
        status: 403,
        code: 'permission',
        message: 'the event stream belongs to toolset events, which is off',
        hint: 'add it to GATEWAY_TOOLSETS, or to X-MCP-Toolsets if the client sends it',
      });
    }
    const query = Query.safeParse(request.query);
    if (!query.success) {
      const issue = query.error.issues[0];
      const message = `${issue?.path.join('.') ?? 'query'}: ${issue?.message ?? 'not understood'}`;
      return httpError(reply, request.url, { status: 400, code: 'invalid', message });
    }
    const { cursor, types, severity, source, guest: address, ...about } = query.data;
    const guest = address === undefined ? undefined : findGuest(mirror, address, about.cluster);
    // A browser that reconnects repeats the URL with the old cursor and tells the newer one in the header.
    const lastEventId = request.headers['last-event-id'];
    const start = typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : cursor;
    const asked = start === undefined ? undefined : decodeCursor(start).events;
    const { from, isLost } = await whereToStart(bus, asked);
    const release = limit.take(principal.id);
    if (release === undefined) {
      return httpError(reply.header('retry-after', '30'), request.url, {
        status: 429,
        code: 'busy',
        message: 'too many event streams are open with this token',
      });
    }
    reply.hijack();
    const stream = new EventStream({
      bus,
      response: reply.raw,
      from,
      isLost,
      heartbeatMs,
      drainMs,
      filter: defined({
        ...about,
        ...(guest === undefined ? {} : { vmid: guest.vmid, cluster: guest.cluster }),
        types,
        minSeverity: severity,
        channels: source,
      }),
      isAllowed: () => isCurrent(principal.id),
      onEnd: (reason) => {
        release();
        streams.delete(stream);
        onEnd(reason);
        onOpen(streams.size);
      },
      onGap,
    });
    streams.add(stream);
    onOpen(streams.size);
    await stream.start();
    return reply;
  });

  return {
    endAll() {
      for (const stream of [...streams]) stream.end('shutdown');
    },
  };
}
