import { Agent } from 'undici';
import { ChannelError } from '../channel.ts';
import { describeChannel } from '../../testing/channel-contract.ts';
import { type FarEnd, openFarEnd } from '../../testing/far-end.ts';
import { sampleNotification } from '../../testing/samples.ts';
import { renderTelegram } from './render.ts';
import { telegram } from './telegram.ts';

const TOKEN = '123456:s3cr3t_bot-token';

describeChannel({
  definition: telegram,
  env: (url) => ({ TELEGRAM_API_URL: url, TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_CHAT_ID: '-1001' }),
  secrets: [TOKEN],
  accepted: { status: 200, body: '{"ok":true,"result":{"message_id":77,"chat":{"id":-1001}}}' },
  remoteId: '77',
  checkLimits(body) {
    const seen = JSON.parse(body)
      .text.replace(/<[^>]*>/g, '')
      .replace(/&(?:lt|gt|amp|quot|#39);/g, 'x');
    expect(seen.length).toBeLessThanOrEqual(4_096);
  },
});

describe('telegram', () => {
  let far: FarEnd;
  let agent: Agent;
  beforeEach(async () => {
    far = await openFarEnd();
    agent = new Agent();
  });
  afterEach(async () => {
    await agent.destroy();
    await far.close();
  });
  const open = () =>
    telegram.create(
      { TELEGRAM_API_URL: far.url, TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_CHAT_ID: '-1001' },
      { dispatcher: agent, now: Date.now },
    );
  const end = sampleNotification({ kind: 'resolved', severity: 'info' });
  const methods = () => far.requests.map(({ path }) => path.split('/').at(-1));
  const refused = (description: string) => ({
    status: 400,
    body: JSON.stringify({ ok: false, error_code: 400, description }),
  });

  it('renders exactly so', () => {
    expect(renderTelegram(sampleNotification({ body: '<b>&' }))).toBe(
      '<b>ERROR: Backup job backup-7c1e failed on pve1</b>\n&lt;b&gt;&amp;\n' +
        '<a href="https://mcp.example.net/incidents/inc-1">Open incident</a>',
    );
  });

  it('waits as long as the body of a 429 says', async () => {
    far.answer({
      status: 429,
      body: '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":35}}',
    });
    const error = await open()
      .send(sampleNotification(), AbortSignal.timeout(5_000))
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ChannelError);
    expect(error).toMatchObject({ retryable: true, retryAfterMs: 35_000 });
  });

  it('keeps what waits for a group that moved', async () => {
    far.answer({ status: 400, body: '{"ok":false,"parameters":{"migrate_to_chat_id":-1002}}' });
    await expect(open().send(sampleNotification(), AbortSignal.timeout(5_000))).rejects.toMatchObject({
      retryable: true,
      reason: 'chat-moved',
    });
  });

  it('edits the opening into its end, once', async () => {
    far.answer({ status: 200, body: '{"ok":true,"result":{"message_id":77}}' });
    const signal = AbortSignal.timeout(5_000);
    expect(await open().send(end, signal, { remoteId: '77' })).toEqual({ remoteId: '77' });
    expect(JSON.parse(far.requests[0]?.body ?? '')).toMatchObject({ message_id: 77, chat_id: '-1001' });
    far.answer(refused('Bad Request: message is not modified: specified new message content is the same'));
    expect(await open().send(end, signal, { remoteId: '77' })).toEqual({ remoteId: '77' });
    expect(methods()).toEqual(['editMessageText', 'editMessageText']);
  });

  it('sends the end anew where the opening was deleted', async () => {
    far.answer(({ path }) =>
      path.endsWith('/editMessageText')
        ? refused('Bad Request: message to edit not found')
        : { status: 200, body: '{"ok":true,"result":{"message_id":78}}' },
    );
    const sent = await open().send(end, AbortSignal.timeout(5_000), { remoteId: '77' });
    expect(sent).toEqual({ remoteId: '78' });
    expect(methods()).toEqual(['editMessageText', 'sendMessage']);
  });
});
