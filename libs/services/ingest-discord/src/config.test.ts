import { Inventory } from '@proxmox-mcp/schemas';
import { IngestDiscordConfig } from './config.ts';
import { channelsOf, webhooksOf } from './scope.ts';

const TOKEN = 'MTA1MDAwMDAwMDAwMDAwMDAwNQ.GLabAB.pretend-signature';
const ID = '1100000000000000001';
const WEBHOOK_URL = 'https://discord.com/api/webhooks/1200000000000000002/s3cr3t-webhook-token';

const faults = (settings: Record<string, string>) => {
  const { error } = IngestDiscordConfig.safeParse(settings);
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
};

it('is content with nothing, and reads with a token', () => {
  expect(IngestDiscordConfig.parse({})).toEqual({
    DISCORD_IN_POLL_INTERVAL: 30,
    DISCORD_IN_MODE: 'gateway',
    DISCORD_IN_API_URL: 'https://discord.com/api',
  });
  const { DISCORD_IN_BOT_TOKEN } = IngestDiscordConfig.parse({
    DISCORD_IN_BOT_TOKEN: ` Bot ${TOKEN}`.trim(),
  });
  expect(DISCORD_IN_BOT_TOKEN).toBe(TOKEN);
});

it('takes settings of the predecessor, which knew a webhook URL and no bot', () => {
  const config = IngestDiscordConfig.parse({
    DISCORD_IN_ENABLED: 'true',
    DISCORD_IN_WEBHOOK_URL: WEBHOOK_URL,
  });
  expect(webhooksOf(config, Inventory.parse({}))).toEqual(['1200000000000000002']);
  expect(faults({ DISCORD_IN_ENABLED: 'true' })).toEqual([
    'DISCORD_IN_BOT_TOKEN: missing: reading a Discord channel needs a bot',
  ]);
});

it.each<[Record<string, string>, string]>([
  [
    { DISCORD_IN_CHANNEL_IDS: `${ID},#general` },
    'DISCORD_IN_CHANNEL_IDS: item 2 is no id: expected 17 to 20 digits',
  ],
  [
    { DISCORD_IN_BOT_TOKEN: 'hunter2' },
    'DISCORD_IN_BOT_TOKEN: expected the token of a bot (Developer Portal, Bot)',
  ],
  [
    { DISCORD_IN_WEBHOOK_URL: 'https://discord.com/hunter2' },
    'DISCORD_IN_WEBHOOK_URL: expected a URL with /webhooks/<id>/<token>',
  ],
  [
    { DISCORD_IN_API_URL: 'http://proxy.example.net/hunter2' },
    'DISCORD_IN_API_URL: expected https://, or http:// on loopback: the bot token is sent there',
  ],
])('refuses %j without repeating it', (settings, fault) => {
  expect(faults(settings)).toEqual([fault]);
});

it.each([
  'http://127.0.0.1:8080/api',
  'http://localhost/api',
  'http://[::1]:1/api',
  'https://proxy.example.net',
])('sends the token to %s', (url) =>
  expect(IngestDiscordConfig.parse({ DISCORD_IN_API_URL: url }).DISCORD_IN_API_URL).toBe(url),
);

it('reads channels and webhooks of the settings and of the inventory, each once', () => {
  const inventory = Inventory.parse({
    discord: {
      webhook_ids: ['1200000000000000002'],
      channels: { [ID]: 'atlas', '1100000000000000077': ['orion'] },
    },
  });
  const config = IngestDiscordConfig.parse({
    DISCORD_IN_CHANNEL_IDS: `${ID}, 1100000000000000088`,
    DISCORD_IN_WEBHOOK_IDS: '1200000000000000003',
    DISCORD_IN_WEBHOOK_URL: WEBHOOK_URL,
  });
  expect(channelsOf(config, inventory)).toEqual([ID, '1100000000000000088', '1100000000000000077']);
  expect(webhooksOf(config, inventory)).toEqual(['1200000000000000003', '1200000000000000002']);
});
