/**
 * Keys of the contract whose service does not exist yet: accepted, with a notice at start that names them. A key moves out of
 * here when a service's schema takes it (a check in tools/checks holds the two apart).
 */
export const PENDING_KEYS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    'the Home Assistant channel': ['HOMEASSISTANT_ENABLED', 'HOMEASSISTANT_URL', 'HOMEASSISTANT_TOKEN'],
    'the Apprise channel': ['NOTIFY_APPRISE_URL'],
    'the n8n channel': ['N8N_WEBHOOK_URL', 'N8N_WEBHOOK_SECRET'],
  }).flatMap(([what, keys]) => keys.map((key) => [key, what] as const)),
);
