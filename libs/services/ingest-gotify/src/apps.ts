import { sourcesOfRoute, type Refused, type RouteSources } from '@proxmox-mcp/ingest-kit';
import { isFenced, recogniseNotification, type HostIndex } from '@proxmox-mcp/proxmox-events';
import type { Inventory } from '@proxmox-mcp/schemas';
import type { GotifyMessage } from './parse.ts';

/** Whose messages come by which application. */
export interface GotifyApps {
  /** The sources a message can be of, or why it is none of theirs. */
  route(message: GotifyMessage, index: HostIndex): RouteSources | Refused;
}

/**
 * @param ids GOTIFY_IN_APP_IDS; where unset, the applications that the inventory maps are ours. Where neither says anything, a
 * message must look like one of Proxmox: a client's token reads the user's other applications as well.
 */
export function createGotifyApps(ids: readonly string[] | undefined, inventory: Inventory): GotifyApps {
  const mapped = new Map(Object.entries(inventory.gotify?.apps ?? {}));
  const allowed = ids ?? (mapped.size > 0 ? [...mapped.keys()] : undefined);
  return {
    route(message, index) {
      const app = message.appid === undefined ? undefined : String(message.appid);
      if (app === undefined) {
        const route = inventory.gotify?.post_only_route;
        return sourcesOfRoute(route === undefined ? undefined : [route], index, 'gotify.post_only_route');
      }
      if (allowed === undefined && !looksLikeProxmox(message)) {
        return {
          reject: true,
          reason: 'not-proxmox',
          detail: 'set GOTIFY_IN_APP_IDS to take it all the same',
        };
      }
      if (allowed?.includes(app) === false) return { reject: true, reason: 'foreign-app' };
      return sourcesOfRoute(mapped.get(app), index, 'gotify.apps');
    },
  };
}

/** Whether a host sent it: they fence what they post and call it Markdown, and what mails forward has titles we know. */
function looksLikeProxmox({ title, message }: GotifyMessage): boolean {
  return isFenced(message) || recogniseNotification(title, message) !== undefined;
}
