import { randomUUID } from 'node:crypto';
import { ChannelError, enabledChannels, type NotifierConfig } from '@proxmox-mcp/notifier';
import { Agent } from 'undici';
import type { Check } from './check.ts';

const TIMEOUT_MS = 10_000;

/** Every enabled channel: whether its server answers, and with `send` whether it takes a test notification. */
export async function checkChannels(config: NotifierConfig, send: boolean): Promise<Check[]> {
  const dispatcher = new Agent({ connect: { timeout: TIMEOUT_MS } });
  try {
    return await Promise.all(
      enabledChannels(config).map((channel) =>
        send ? sendTest(channel, config, dispatcher) : reach(channel.name, addressOf(channel.config, config)),
      ),
    );
  } finally {
    await dispatcher.close();
  }
}

type Definition = ReturnType<typeof enabledChannels>[number];

async function sendTest(channel: Definition, config: NotifierConfig, dispatcher: Agent): Promise<Check> {
  const what = `channel ${channel.name}: takes a test notification`;
  try {
    const made = channel.create(config, { dispatcher, now: Date.now });
    await made.send(
      {
        id: `test-${randomUUID()}`,
        channel: channel.name,
        severity: 'info',
        kind: 'test',
        title: 'Test of proxmox-mcp',
        body: 'Sent by test-connection --send. Nothing is wrong.',
        createdAt: new Date().toISOString(),
      },
      AbortSignal.timeout(TIMEOUT_MS),
    );
    return { status: 'passed', what };
  } catch (err) {
    if (!(err instanceof ChannelError)) throw err;
    return { status: 'failed', what, cause: err.message };
  }
}

/** The first setting of the channel that is a URL: its server, or for Discord the webhook itself, which a GET only describes. */
function addressOf(keys: object, config: NotifierConfig): string | undefined {
  const values: Readonly<Record<string, unknown>> = config;
  for (const key of Object.keys(keys)) {
    const value = values[key];
    if (key.endsWith('_URL') && typeof value === 'string') return value;
  }
  return undefined;
}

async function reach(name: string, url: string | undefined): Promise<Check> {
  const what = `channel ${name}: its server answers (a message is sent only with --send)`;
  if (url === undefined)
    return { status: 'warned', what: `channel ${name}: nothing to reach without sending` };
  try {
    // The URL may be a secret (Discord): it is in no message.
    const answer = await fetch(url, { method: 'GET', signal: AbortSignal.timeout(TIMEOUT_MS) });
    await answer.body?.cancel();
    if (answer.status < 500) return { status: 'passed', what };
    return { status: 'failed', what, cause: `HTTP ${answer.status}` };
  } catch (err) {
    const cause =
      err instanceof Error && err.cause instanceof Error && 'code' in err.cause
        ? String(err.cause.code)
        : 'no answer';
    return { status: 'failed', what, cause };
  }
}
