import { bool, secret, serverUrl, text } from '@proxmox-mcp/config';
import { ChannelError, defineChannel } from '../channel.ts';
import { post } from '../post.ts';
import { PERSISTENT, renderEvent, renderNotify } from './render.ts';

const EVENT = 'proxmox_mcp_incident';

/** Home Assistant: an event for automations, then `notify.<service>` for people (developer docs, REST API). */
export const homeassistant = defineChannel({
  name: 'homeassistant',
  words: ['HOMEASSISTANT', 'HOMEASSISTANT_OUT'],
  switchKey: 'HOMEASSISTANT_ENABLED',
  config: {
    HOMEASSISTANT_ENABLED: bool().optional().describe('Send notifications to Home Assistant.'),
    HOMEASSISTANT_URL: serverUrl()
      .optional()
      .describe('Address of Home Assistant, e.g. http://homeassistant.local:8123.'),
    HOMEASSISTANT_TOKEN: secret()
      .optional()
      .describe('Long-lived access token (profile, Security); of an administrator, or no events are fired.'),
    HOMEASSISTANT_SERVICE: text()
      .transform((service) => service.replace(/^notify\./, ''))
      .refine((service) => /^[a-z0-9_]{1,100}$/.test(service), 'expected the name of a notify service')
      .default(PERSISTENT)
      .describe('Which notify service tells people, e.g. mobile_app_phone.'),
  },
  faults: (config) => [
    ...(config.HOMEASSISTANT_URL === undefined
      ? [{ key: 'HOMEASSISTANT_URL', message: 'address of Home Assistant' }]
      : []),
    ...(config.HOMEASSISTANT_TOKEN === undefined
      ? [{ key: 'HOMEASSISTANT_TOKEN', message: 'long-lived access token of Home Assistant' }]
      : []),
  ],
  create: (config, { dispatcher, now, incident, actLinks }) => ({
    async send(notification, signal) {
      const { incidentId } = notification;
      const about = incidentId === undefined ? undefined : await incident?.(incidentId);
      // The event first: had it to be repeated after the message, the phone would ring again for it.
      await call(`events/${EVENT}`, renderEvent(notification, about), signal).catch(ignoreForbidden);
      const links = actLinks?.(notification) ?? [];
      const service = config.HOMEASSISTANT_SERVICE;
      await call(`services/notify/${service}`, renderNotify(notification, service, links), signal);
      return {};

      async function call(path: string, body: unknown, within: AbortSignal): Promise<void> {
        await post({
          url: `${config.HOMEASSISTANT_URL}/api/${path}`,
          headers: { authorization: `Bearer ${config.HOMEASSISTANT_TOKEN}` },
          body: JSON.stringify(body),
          dispatcher,
          signal: within,
          now,
        });
      }
    },
  }),
});

/** Only administrators fire events. If it is the token itself that is refused, the message is refused next. */
function ignoreForbidden(error: unknown): void {
  if (error instanceof ChannelError && (error.reason === 'http-401' || error.reason === 'http-403')) return;
  throw error;
}
