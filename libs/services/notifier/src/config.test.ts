import { configNotices, enabledChannels, NotifierConfig } from './config.ts';

const names = (env: Record<string, string>) =>
  enabledChannels(NotifierConfig.parse(env)).map((channel) => channel.name);
const faults = (env: Record<string, string>) =>
  NotifierConfig.safeParse(env).error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ??
  [];
const gotify = { GOTIFY_OUT_SERVER_URL: 'http://g', GOTIFY_OUT_APP_TOKEN: 't' };

it('turns channels on by list, any case and without _OUT, or by switch', () => {
  expect(names({ ENABLED_NOTIFIERS: 'gotify, Ntfy', ...gotify, NTFY_TOPIC: 'alerts' })).toEqual([
    'gotify',
    'ntfy',
  ]);
  expect(names({ GOTIFY_OUT_ENABLED: 'yes', ...gotify })).toEqual(['gotify']);
  expect(names({ ...gotify })).toEqual([]);
});

it('names the key that is missing and the key that asks for it', () => {
  expect(faults({ GOTIFY_OUT_ENABLED: 'true', GOTIFY_OUT_SERVER_URL: 'http://g' })).toEqual([
    'GOTIFY_OUT_APP_TOKEN: required by GOTIFY_OUT_ENABLED: token of a Gotify application',
  ]);
  expect(faults({ ENABLED_NOTIFIERS: 'DISCORD_OUT' })).toEqual([
    'DISCORD_OUT_WEBHOOK_URL: required by ENABLED_NOTIFIERS: URL of the Discord webhook',
  ]);
});

it('tells all faults at once, each once, and repeats no value', () => {
  const all = faults({
    ENABLED_NOTIFIERS: 'pigeon,DISCORD,NTFY',
    NOTIFY_TIMEOUT: 'long',
    DISCORD_OUT_WEBHOOK_URL: 'discord.com/s3cr3t',
  });
  expect(all.map((fault) => fault.split(':')[0])).toEqual(
    expect.arrayContaining(['ENABLED_NOTIFIERS', 'NOTIFY_TIMEOUT', 'DISCORD_OUT_WEBHOOK_URL']),
  );
  expect(new Set(all.map((fault) => fault.split(':')[0])).size).toBe(all.length);
  expect(all.join()).not.toMatch(/s3cr3t|pigeon/);
});

it('says where list and switch disagree, and that the switch wins', () => {
  const config = NotifierConfig.parse({
    ENABLED_NOTIFIERS: 'GOTIFY_OUT',
    GOTIFY_OUT_ENABLED: 'false',
    ...gotify,
  });
  expect(enabledChannels(config)).toEqual([]);
  expect(configNotices(config)).toEqual([
    'GOTIFY_OUT_ENABLED and ENABLED_NOTIFIERS disagree about gotify: it is off, as the switch says',
  ]);
});

it('says that a channel with settings is off', () => {
  expect(configNotices(NotifierConfig.parse({ ...gotify }))).toEqual([
    'gotify has settings and is off: set GOTIFY_OUT_ENABLED=true to use it',
  ]);
});
