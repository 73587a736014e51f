import type { Bus } from '@proxmox-mcp/bus';
import { createIngestGotify, GotifyConfig } from '@proxmox-mcp/ingest-gotify';
import { countMetrics, createManualClock, openHeardBus, testContext } from '@proxmox-mcp/ingest-kit/testing';
import { startGotify } from '@proxmox-mcp/lab-kit';
import { Inventory } from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';

const INVENTORY = Inventory.parse({
  sources: [
    { id: 'atlas', product: 'pve', cluster: 'atlas', nodes: [{ name: 'pve1' }, { name: 'pve2' }] },
    { id: 'pbs1', product: 'pbs', nodes: [{ name: 'pbs1' }] },
  ],
  gotify: { apps: { 2: ['atlas', 'pbs1'] } },
});
/** Id of the application the hosts post to; the other is a stranger's. */
const HOSTS = 2;

/** The real service on a real bus, the pretend Gotify at its far end, and time in the test's hand. */
export async function openGotify() {
  const clock = createManualClock();
  const gotify = await startGotify({ now: () => clock.now() });
  const heard = await openHeardBus();
  const { metrics, counts } = countMetrics();
  const services = new Set<Service>();
  return {
    ...heard,
    gotify,
    clock,
    counts,
    titles: () => heard.events.map((event) => event.facts['target']),
    async start(settings: Record<string, string> = {}, more: { bus?: Bus; instance?: string } = {}) {
      const config = GotifyConfig.parse({
        GOTIFY_IN_SERVER_URL: gotify.url,
        GOTIFY_IN_CLIENT_TOKEN: gotify.clientToken,
        ...settings,
      });
      const service = createIngestGotify(
        testContext(config, more.bus ?? heard.bus, {
          inventory: INVENTORY,
          metrics,
          now: () => clock.now(),
          instance: more.instance ?? 'one',
        }),
        { clock, random: () => 0.5 },
      );
      services.add(service);
      await service.start(new AbortController().signal);
      return service;
    },
    /** A test notification that names its target, as a host posts it. */
    async post(target: string, application = HOSTS) {
      const answer = await fetch(`${gotify.url}/message`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-gotify-key': gotify.applications[application - 1]?.token ?? '',
        },
        body: JSON.stringify({
          title: 'Test notification ',
          message: `\`\`\`\nThis is a test of the notification target '${target}'.\n\n\`\`\``,
          priority: 1,
        }),
      });
      return ((await answer.json()) as { id: number }).id;
    },
    state: () => heard.state('ingest-gotify'),
    async cursor(): Promise<unknown> {
      const [entry] = await (await heard.bus.kv('CURSORS')).list('gotify');
      return entry && JSON.parse(entry.value);
    },
    async close() {
      for (const service of services) await service.stop();
      await gotify.close();
      await heard.close();
    },
  };
}
