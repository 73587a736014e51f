import { Agent } from 'undici';
import { ChannelError } from '../channel.ts';
import { describeChannel } from '../../testing/channel-contract.ts';
import { openFarEnd } from '../../testing/far-end.ts';
import { sampleNotification } from '../../testing/samples.ts';
import { discord } from './discord.ts';
import { renderDiscord } from './render.ts';

const PATH = '/api/webhooks/1200000000000000002/s3cr3t-webhook-token';

function checkLimits(body: string): void {
  const { content, embeds } = JSON.parse(body);
  expect(content.length).toBeLessThanOrEqual(2_000);
  expect(embeds).toHaveLength(1);
  expect(embeds[0].description.length).toBeLessThanOrEqual(4_096);
  const total = embeds[0].description.length + (embeds[0].title?.length ?? 0) + embeds[0].footer.text.length;
  expect(total).toBeLessThanOrEqual(6_000);
}

describeChannel({
  definition: discord,
  env: (url) => ({ DISCORD_OUT_WEBHOOK_URL: `${url}${PATH}` }),
  secrets: ['s3cr3t-webhook-token', '1200000000000000002'],
  accepted: { status: 200, body: '{"id":"1340000000000000102","type":0}' },
  remoteId: '1340000000000000102',
  // A webhook that answers so must not be used again (Discord docs, Rate Limits).
  retryable: { 401: false, 404: false },
  checkLimits,
});
describeChannel({
  definition: discord,
  env: (url) => ({
    DISCORD_OUT_API_URL: `${url}/api`,
    DISCORD_OUT_BOT_TOKEN: 'b0t-s3cr3t',
    DISCORD_OUT_CHANNEL_ID: '1200000000000000001',
  }),
  secrets: ['b0t-s3cr3t'],
  accepted: { status: 200, body: '{"id":"1340000000000000102","type":0}' },
  remoteId: '1340000000000000102',
  checkLimits(body, { path, headers }) {
    checkLimits(body);
    expect(path).toBe('/api/v10/channels/1200000000000000001/messages');
    expect(headers.authorization).toBe('Bot b0t-s3cr3t');
    const { nonce, enforce_nonce } = JSON.parse(body);
    expect([nonce.length, enforce_nonce]).toEqual([25, true]);
  },
});

describe('discord', () => {
  it('renders exactly so', () => {
    expect(renderDiscord(sampleNotification())).toEqual({
      content: '**ERROR: Backup job backup-7c1e failed on pve1**',
      allowed_mentions: { parse: [] },
      embeds: [
        {
          description: 'What: Backup job backup-7c1e failed on pve1\nWhy: job failed with err -5',
          color: 0xdc2626,
          timestamp: '2026-03-14T01:07:36.000Z',
          footer: { text: 'proxmox-mcp · inc-1-opened-test' },
          title: 'Open incident',
          url: 'https://mcp.example.net/incidents/inc-1',
        },
      ],
      components: [],
    });
  });

  it('shows what can be done as buttons that open a page', () => {
    const { components } = renderDiscord(sampleNotification(), [
      { label: 'Acknowledge', url: 'https://m/act/t' },
    ]);
    expect(components).toEqual([
      { type: 1, components: [{ type: 2, style: 5, label: 'Acknowledge', url: 'https://m/act/t' }] },
    ]);
  });

  it('edits the opening into its end, and sends it anew where that was deleted', async () => {
    const far = await openFarEnd();
    const agent = new Agent();
    try {
      const channel = discord.create(
        { DISCORD_OUT_WEBHOOK_URL: `${far.url}${PATH}?thread_id=9`, DISCORD_OUT_API_URL: far.url },
        { dispatcher: agent, now: Date.now },
      );
      const end = sampleNotification({ kind: 'resolved' });
      far.answer({ status: 200, body: '{"id":"77"}' });
      expect(await channel.send(end, AbortSignal.timeout(5_000), { remoteId: '77' })).toEqual({
        remoteId: '77',
      });
      expect(far.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
        `PATCH ${PATH}/messages/77?thread_id=9&with_components=true`,
      ]);
      far.answer(({ method }) =>
        method === 'PATCH'
          ? { status: 404, body: '{"message":"Unknown Message","code":10008}' }
          : { status: 200, body: '{"id":"78"}' },
      );
      expect(await channel.send(end, AbortSignal.timeout(5_000), { remoteId: '77' })).toEqual({
        remoteId: '78',
      });
    } finally {
      await agent.destroy();
      await far.close();
    }
  });

  it('shows a hostile name as typed: no link, no mention, no formatting', () => {
    const { content } = renderDiscord(
      sampleNotification({ title: '@everyone [x](http://evil) <@1> **b** `c`' }),
    );
    expect(content).toBe('**\\@everyone \\[x\\]\\(http://evil\\) \\<\\@1\\> \\*\\*b\\*\\* \\`c\\`**');
  });

  it('waits as long as the body of a 429 says, and asks to be told of the saved message', async () => {
    const far = await openFarEnd();
    const agent = new Agent();
    try {
      far.answer({
        status: 429,
        headers: { 'retry-after': '1', 'content-type': 'application/json' },
        body: '{"message":"You are being rate limited.","retry_after":0.743,"global":false}',
      });
      const channel = discord.create(
        { DISCORD_OUT_WEBHOOK_URL: `${far.url}${PATH}`, DISCORD_OUT_API_URL: far.url },
        { dispatcher: agent, now: Date.now },
      );
      const error = await channel
        .send(sampleNotification(), AbortSignal.timeout(5_000))
        .catch((e: unknown) => e);
      expect(error).toBeInstanceOf(ChannelError);
      expect(error).toMatchObject({ retryable: true, retryAfterMs: 743 });
      expect(far.requests[0]?.path).toBe(`${PATH}?wait=true&with_components=true`);
    } finally {
      await agent.destroy();
      await far.close();
    }
  });
});
