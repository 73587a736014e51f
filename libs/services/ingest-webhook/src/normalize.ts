import type { HostIndex } from '@proxmox-mcp/proxmox-events';
import type { Channel, NormalizeResult } from '@proxmox-mcp/schemas';
import { parseBody } from './parse.ts';
import { refuse, type Delivery, type Refused } from './delivery.ts';
import { readAlertmanagerHook } from './hooks/alertmanager.ts';
import { readGenericHook } from './hooks/generic.ts';
import { GOTIFY_SENDER, readGotifyHook } from './hooks/gotify.ts';
import { readProxmoxHook } from './hooks/proxmox.ts';
import type { ConfiguredRoutes, Route } from './routes.ts';

/** A delivery understood. */
export interface Reading {
  readonly channel: Extract<Channel, 'webhook' | 'gotify'>;
  /** Source of its events. */
  readonly source: string;
  readonly result: NormalizeResult;
}

/** Reads a delivery as the kind of its path says. Never throws for what a sender wrote. */
export function normalizeDelivery(
  delivery: Pick<Delivery, 'headers' | 'body'>,
  route: Route,
  { index, configured }: { readonly index: HostIndex; readonly configured: ConfiguredRoutes },
): Reading | Refused {
  const body = parseBody(delivery, { forms: route.kind === 'gotify' || route.kind === 'generic' });
  if ('reject' in body) return body;
  switch (route.kind) {
    case 'proxmox':
      return reading('webhook', route.source.id, readProxmoxHook(body, route.source));
    case 'generic': {
      const { name, source } = route;
      const mappings = configured.webhook?.mappings ?? {};
      const mapping = Object.hasOwn(mappings, name) ? mappings[name] : undefined;
      return reading('webhook', source?.id ?? name, readGenericHook(body, { name, source, mapping, index }));
    }
    case 'alertmanager': {
      const { name, source } = route;
      return reading('webhook', source?.id ?? name, readAlertmanagerHook(body, { name, source, index }));
    }
    case 'gotify': {
      const result = readGotifyHook(body, { source: route.source, index });
      return reading('gotify', route.source?.id ?? sourceOf(result, index), result);
    }
  }
}

function reading(
  channel: Reading['channel'],
  source: string,
  result: NormalizeResult | Refused,
): Reading | Refused {
  if (!('reject' in result)) return { channel, source, result };
  return refuse(
    result.reason,
    result.detail ?? 'the notification was not understood',
    result.http_status ?? 400,
  );
}

/** A message that names its host is from the source of that host. */
function sourceOf(result: NormalizeResult | Refused, index: HostIndex): string {
  const node = 'events' in result ? result.events[0]?.node : undefined;
  return (node === undefined ? undefined : index.find(node)?.source.id) ?? GOTIFY_SENDER;
}
