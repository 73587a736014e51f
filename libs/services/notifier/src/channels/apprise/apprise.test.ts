import { Agent } from 'undici';
import { describeChannel } from '../../testing/channel-contract.ts';
import { openFarEnd } from '../../testing/far-end.ts';
import { sampleNotification } from '../../testing/samples.ts';
import { apprise } from './apprise.ts';
import { renderApprise } from './render.ts';

describeChannel({
  definition: apprise,
  env: (url) => ({ NOTIFY_APPRISE_URL: `${url}/notify/s3cr3t-key` }),
  secrets: ['s3cr3t-key'],
  accepted: { status: 200, body: '{"error":null}' },
  remoteId: undefined,
  // At least one of the services behind it did not take the message.
  retryable: { 424: true },
  checkLimits(body) {
    expect(JSON.parse(body)).toMatchObject({ format: 'text', type: 'failure' });
  },
});

describe('apprise', () => {
  it('renders exactly so', () => {
    expect(renderApprise(sampleNotification(), { urls: ['ntfy://a', 'mailto://b'], tag: 'ops' })).toEqual({
      title: 'ERROR: Backup job backup-7c1e failed on pve1',
      body:
        'What: Backup job backup-7c1e failed on pve1\nWhy: job failed with err -5\n' +
        'Link: https://mcp.example.net/incidents/inc-1',
      type: 'failure',
      format: 'text',
      urls: 'ntfy://a,mailto://b',
      tag: 'ops',
    });
    expect(renderApprise(sampleNotification({ kind: 'resolved', severity: 'info' }), {}).type).toBe(
      'success',
    );
  });

  it('asks whom to send to where the address has no key', () => {
    const [fault] = apprise.faults({ NOTIFY_APPRISE_URL: 'http://apprise:8000' });
    expect(fault?.key).toBe('NOTIFY_APPRISE_URLS');
    expect(apprise.faults({ NOTIFY_APPRISE_URL: 'http://apprise:8000/notify' })).toEqual([]);
  });

  it('posts to /notify without a key, and does not take "sent to nobody" for sent', async () => {
    const far = await openFarEnd();
    const agent = new Agent();
    try {
      far.answer({ status: 204 });
      const config = { NOTIFY_APPRISE_URL: far.url, NOTIFY_APPRISE_URLS: ['json://x'] };
      const channel = apprise.create(config, { dispatcher: agent, now: Date.now });
      await expect(channel.send(sampleNotification(), AbortSignal.timeout(5_000))).rejects.toMatchObject({
        retryable: true,
        reason: 'no-recipient',
      });
      expect(far.requests[0]?.path).toBe('/notify');
    } finally {
      await agent.destroy();
      await far.close();
    }
  });
});
