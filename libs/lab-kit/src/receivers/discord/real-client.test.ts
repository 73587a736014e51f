import { Client, Events, GatewayIntentBits, type Message, type TextChannel } from 'discord.js';
import { startDiscord, type DiscordReceiver } from './discord.ts';

// What the most used client makes of the pretend Discord. Whoever it satisfies is as stubborn as Discord in all that it looks at.
const { Guilds, GuildMessages, MessageContent } = GatewayIntentBits;

let discord: DiscordReceiver;
let client: Client;
let heard: Message[];
beforeEach(async () => {
  discord = await startDiscord({ rateLimit: { limit: 1_000, perMs: 1_000 } });
  heard = [];
});
afterEach(async () => {
  await client.destroy();
  await discord.close();
});

async function login(intents: readonly GatewayIntentBits[], token = discord.botToken): Promise<void> {
  client = new Client({ intents, rest: { api: discord.apiUrl } });
  client.on(Events.MessageCreate, (message) => void heard.push(message));
  client.on(Events.Error, () => undefined);
  const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve));
  await client.login(token);
  await ready;
}

const post = (body: object) =>
  fetch(discord.webhookUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

it('logs in, hears webhooks and people, and reads the channel page by page', async () => {
  await login([Guilds, GuildMessages, MessageContent]);
  expect(client.user?.username).toBe('proxmox-reader');
  await post({
    content: '``` Pruning successful.```',
    embeds: [{ title: 't', fields: [{ name: 'n', value: 'v' }] }],
  });
  discord.say('did it fail again?');
  await until(() => heard.length === 2);
  expect(heard.map(({ content, webhookId }) => [content, webhookId])).toEqual([
    ['``` Pruning successful.```', discord.webhookId],
    ['did it fail again?', null],
  ]);
  expect(heard[0]?.embeds[0]?.fields).toEqual([{ name: 'n', value: 'v', inline: false }]);
  expect(Date.now() - (heard[0]?.createdTimestamp ?? 0)).toBeLessThan(60_000);

  for (let i = 0; i < 120; i++) await post({ content: `message ${i}` });
  const channel = (await client.channels.fetch(discord.channelId)) as TextChannel;
  const first = await channel.messages.fetch({ limit: 100, after: heard[1]?.id ?? '0' });
  const newest = [...first.keys()].toSorted().at(-1) ?? '0';
  const rest = await channel.messages.fetch({ limit: 100, after: newest });
  expect([first.size, rest.size]).toEqual([100, 20]);
  expect(first.get(newest)?.content).toBe('message 99');
});

it('loses its connection, resumes, and misses nothing', async () => {
  await login([Guilds, GuildMessages, MessageContent]);
  discord.gateway.cut(4000);
  await until(() => discord.gateway.sessions() === 0);
  await post({ content: 'while away' });
  await until(() => heard.length === 1);
  expect(heard[0]?.content).toBe('while away');
  expect(discord.gateway.accepted()).toEqual({ identified: 1, resumed: 1 });
});

it('sees no content without the intent, neither live nor by reading', async () => {
  discord.permitContent(false);
  await login([Guilds, GuildMessages]);
  await post({ content: 'hidden', embeds: [{ title: 't' }] });
  await until(() => heard.length === 1);
  expect([heard[0]?.content, heard[0]?.embeds]).toEqual(['', []]);
  const channel = (await client.channels.fetch(discord.channelId)) as TextChannel;
  const [read] = (await channel.messages.fetch({ limit: 1 })).values();
  expect([read?.content, read?.embeds]).toEqual(['', []]);
});

it('is refused with a wrong token, and with an intent that is not granted', async () => {
  await expect(login([Guilds], 'MTA1.wrong.token')).rejects.toThrow('An invalid token was provided.');
  await client.destroy();
  discord.permitContent(false);
  client = new Client({ intents: [Guilds, MessageContent], rest: { api: discord.apiUrl } });
  await expect(client.login(discord.botToken)).rejects.toThrow('Used disallowed intents');
});
