import { Agent } from 'undici';
import { describeChannel } from '../../testing/channel-contract.ts';
import { type FarEnd, openFarEnd } from '../../testing/far-end.ts';
import { sampleNotification } from '../../testing/samples.ts';
import { renderSlack } from './render.ts';
import { slack } from './slack.ts';

function checkLimits(body: string): void {
  const { blocks, text } = JSON.parse(body);
  expect(text.length).toBeLessThanOrEqual(4_000);
  for (const block of blocks) {
    expect(block.text.text.length).toBeGreaterThan(0);
    expect(block.text.text.length).toBeLessThanOrEqual(3_000);
  }
}

describeChannel({
  definition: slack,
  env: (url) => ({ SLACK_WEBHOOK_URL: `${url}/services/T0/B0/s3cr3t` }),
  secrets: ['s3cr3t'],
  accepted: { status: 200, body: 'ok' },
  remoteId: undefined,
  checkLimits,
});

describeChannel({
  definition: slack,
  env: (url) => ({ SLACK_API_URL: `${url}/api`, SLACK_BOT_TOKEN: 'xoxb-s3cr3t', SLACK_CHANNEL: '#lab' }),
  secrets: ['xoxb-s3cr3t'],
  accepted: { status: 200, body: '{"ok":true,"channel":"C1","ts":"1773450460.000100"}' },
  remoteId: 'C1/1773450460.000100',
  checkLimits,
});

describe('slack', () => {
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
    slack.create(
      { SLACK_API_URL: far.url, SLACK_BOT_TOKEN: 'xoxb', SLACK_CHANNEL: '#lab' },
      { dispatcher: agent, now: Date.now },
    );
  const signal = () => AbortSignal.timeout(5_000);

  it('renders exactly so, without letting a name ping anybody', () => {
    const rendered = renderSlack(sampleNotification({ title: '<!channel> & co', body: '<http://evil|x>' }));
    expect(rendered).toEqual({
      text: '&lt;!channel&gt; &amp; co',
      mrkdwn: false,
      unfurl_links: false,
      unfurl_media: false,
      blocks: [
        { type: 'section', text: { type: 'plain_text', text: '<!channel> & co', emoji: false } },
        { type: 'section', text: { type: 'plain_text', text: '<http://evil|x>', emoji: false } },
        {
          type: 'section',
          text: { type: 'mrkdwn', text: '<https://mcp.example.net/incidents/inc-1|Open incident>' },
        },
      ],
    });
  });

  it.each([
    ['invalid_auth', true],
    ['channel_not_found', true],
    ['msg_too_long', false],
    ['invalid_blocks', false],
  ])('a refusal with 200 is none the less one: %s, retryable: %s', async (error, retryable) => {
    far.answer({ status: 200, body: JSON.stringify({ ok: false, error }) });
    await expect(open().send(sampleNotification(), signal())).rejects.toMatchObject({
      retryable,
      reason: error,
    });
  });

  it('edits the opening into its end, and sends it anew where that is gone', async () => {
    far.answer({ status: 200, body: '{"ok":true,"channel":"C1","ts":"1.2"}' });
    const end = sampleNotification({ kind: 'resolved' });
    expect(await open().send(end, signal(), { remoteId: 'C1/1.2' })).toEqual({ remoteId: 'C1/1.2' });
    expect(far.requests[0]?.path).toBe('/chat.update');
    expect(JSON.parse(far.requests[0]?.body ?? '')).toMatchObject({ channel: 'C1', ts: '1.2' });
    far.answer(({ path }) =>
      path === '/chat.update'
        ? { status: 200, body: '{"ok":false,"error":"message_not_found"}' }
        : { status: 200, body: '{"ok":true,"channel":"C1","ts":"3.4"}' },
    );
    expect(await open().send(end, signal(), { remoteId: 'C1/1.2' })).toEqual({ remoteId: 'C1/3.4' });
  });
});
