import { createEmbeddedBus, type Bus } from '@proxmox-mcp/bus';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDiscord, startGotify, startNtfy, startWebhookSink } from '@proxmox-mcp/lab-kit';
import { CHANNELS } from '@proxmox-mcp/notifier';
import { runNotifier, sampleIncident, sampleResolved, until } from '@proxmox-mcp/notifier/testing';
import { type Incident, type IncidentTransition, subjects } from '@proxmox-mcp/schemas';

/** Every channel against the pretend service that is as stubborn as the original. */
const START = {
  gotify: async () => {
    const end = await startGotify();
    const env = {
      GOTIFY_OUT_SERVER_URL: end.url,
      GOTIFY_OUT_APP_TOKEN: end.appToken,
      GOTIFY_OUT_CLIENT_TOKEN: end.clientToken,
    };
    return { end, env };
  },
  discord: async () => {
    const end = await startDiscord();
    return { end, env: { DISCORD_OUT_WEBHOOK_URL: end.webhookUrl } };
  },
  ntfy: async () => {
    const end = await startNtfy({ token: 'tk_lab' });
    return { end, env: { NTFY_SERVER_URL: end.url, NTFY_TOPIC: 'alerts', NTFY_TOKEN: 'tk_lab' } };
  },
  webhook: async () => {
    const end = await startWebhookSink({ secret: 'key' });
    return { end, env: { NOTIFY_WEBHOOK_URL: `${end.url}/in`, NOTIFY_WEBHOOK_SECRET: 'key' } };
  },
  n8n: async () => {
    const end = await startWebhookSink({ secret: 'key' });
    return { end, env: { N8N_WEBHOOK_URL: `${end.url}/in`, N8N_WEBHOOK_SECRET: 'key' } };
  },
};
/** Only their own tests know them: SMTP is a real server there, the others answer as their API is described. */
const WITHOUT = ['apprise', 'email', 'homeassistant', 'matrix', 'slack', 'telegram'];
/** Messages that are left at the end, where it takes the place of the opening. */
const REPLACED: Readonly<Record<string, number>> = { discord: 1, gotify: 1 };

let folder: string;
let bus: Bus;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-e2e-'));
  bus = await createEmbeddedBus({ file: join(folder, 'bus.sqlite') });
});
afterEach(async () => {
  await bus.close();
  await rm(folder, { recursive: true, force: true });
});

async function tell(incident: Incident, transition: IncidentTransition): Promise<void> {
  await (await bus.kv('INCIDENTS')).put(incident.id, JSON.stringify(incident));
  await bus.publish(subjects.incident(incident.id, transition), incident, {
    id: `${incident.id}-${transition}`,
  });
}

it('has a pretend service for every channel but those it says', () => {
  expect(CHANNELS.map((channel) => channel.name).sort()).toEqual([...Object.keys(START), ...WITHOUT].sort());
});

it.each(Object.entries(START))(
  '%s takes an incident and its end, after a failure, once each',
  async (name, start) => {
    const { end, env } = await start();
    end.failNext(2, 503);
    const notifier = await runNotifier(bus, { ENABLED_NOTIFIERS: name, ...env });
    try {
      // Whatever a guest is called and however long its story is, the service takes it.
      const hostile = { kind: 'qemu', vmid: 104, name: '@everyone *[db](http://x)*\n"' } as const;
      const cause = 'because of "quotes", ünïcode 😀 and more '.repeat(100);
      await tell(sampleIncident({ guest: hostile, cause }), 'opened');
      await until(
        () => end.messages().length,
        (count) => count === 1,
      );
      const [first] = end.messages() as readonly { id?: unknown }[];
      await tell(sampleResolved({ guest: hostile, cause }), 'resolved');
      const receipts = await until(
        async () => (await (await bus.kv('DELIVERIES')).list()).map((entry) => JSON.parse(entry.value)),
        (all) => all.length === 2 && all.every((receipt) => receipt.status === 'sent'),
      );
      const opened = receipts.find((receipt) => receipt.id === `inc-1-opened-${name}`);
      expect(opened.attempts).toBe(3);
      if (name !== 'webhook' && name !== 'n8n') expect(opened.remoteId).toBe(String(first?.id));
      expect(end.messages()).toHaveLength(REPLACED[name] ?? 2);
      expect(JSON.stringify(end.messages().at(-1))).toContain('RESOLVED');
    } finally {
      await notifier.stop();
      await end.close();
    }
  },
);
