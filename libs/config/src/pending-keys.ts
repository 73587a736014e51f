/**
 * Keys of the contract whose service does not exist yet: accepted, with a notice at start that names them. A key moves out of
 * here when a service's schema takes it (a check in tools/checks holds the two apart).
 */
export const PENDING_KEYS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    'ingest-email': [
      'EVENT_EMAIL_ENABLED',
      'EVENT_EMAIL_IMAP_SERVER',
      'EVENT_EMAIL_IMAP_PORT',
      'EVENT_EMAIL_USERNAME',
      'EVENT_EMAIL_PASSWORD',
      'EVENT_EMAIL_FOLDER',
      'EVENT_EMAIL_POLL_INTERVAL',
      'EVENT_EMAIL_SMTP_LISTEN_PORT',
    ],
<<<<<<< HEAD
    'ingest-discord': [
      'DISCORD_IN_ENABLED',
      'DISCORD_IN_BOT_TOKEN',
      'DISCORD_IN_CHANNEL_IDS',
      'DISCORD_IN_WEBHOOK_IDS',
      'DISCORD_IN_WEBHOOK_URL',
      'DISCORD_IN_POLL_INTERVAL',
=======
    'ingest-gotify': [
      'GOTIFY_IN_ENABLED',
      'GOTIFY_IN_SERVER_URL',
      'GOTIFY_IN_CLIENT_TOKEN',
      'GOTIFY_IN_APP_IDS',
      'GOTIFY_IN_POLL_INTERVAL',
>>>>>>> c36f8e7 (ingest-discord: part of the product, its settings and checks)
    ],
    'the e-mail channel': [
      'NOTIFY_EMAIL_ENABLED',
      'NOTIFY_EMAIL_SERVER',
      'NOTIFY_EMAIL_PORT',
      'NOTIFY_EMAIL_FROM',
      'NOTIFY_EMAIL_TO',
      'NOTIFY_EMAIL_USERNAME',
      'NOTIFY_EMAIL_PASSWORD',
    ],
    'the Home Assistant channel': ['HOMEASSISTANT_ENABLED', 'HOMEASSISTANT_URL', 'HOMEASSISTANT_TOKEN'],
    'the Apprise channel': ['NOTIFY_APPRISE_URL'],
    'the n8n channel': ['N8N_WEBHOOK_URL', 'N8N_WEBHOOK_SECRET'],
  }).flatMap(([what, keys]) => keys.map((key) => [key, what] as const)),
);
