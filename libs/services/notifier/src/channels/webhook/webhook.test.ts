import { createHmac } from 'node:crypto';
import { Agent } from 'undici';
import { describeChannel } from '../../testing/channel-contract.ts';
import { openFarEnd } from '../../testing/far-end.ts';
import { sampleNotification } from '../../testing/samples.ts';
import { renderCloudEvent } from './render.ts';
import { webhook } from './webhook.ts';

describeChannel({
  definition: webhook,
  env: (url) => ({ NOTIFY_WEBHOOK_URL: `${url}/in/s3cr3t-path`, NOTIFY_WEBHOOK_SECRET: 's3cr3t-key' }),
  secrets: ['s3cr3t-path', 's3cr3t-key'],
  accepted: { status: 202, body: '' },
  remoteId: undefined,
  checkLimits(body) {
    expect(JSON.parse(body).v).toBe(1);
  },
});

describeChannel({
  definition: webhook,
  env: (url) => ({ NOTIFY_WEBHOOK_URL: url, NOTIFY_WEBHOOK_FORMAT: 'CloudEvents' }),
  secrets: [],
  accepted: { status: 202, body: '' },
  remoteId: undefined,
  contentType: 'application/cloudevents+json',
  checkLimits(body) {
    const { specversion, id, source, type, data } = JSON.parse(body);
    expect({ specversion, source, type, v: data.v }).toEqual({
      specversion: '1.0',
      source: '/proxmox-mcp/notifier',
      type: 'proxmox-mcp.notification.opened',
      v: 1,
    });
    expect(id).toBe(data.id);
  },
});

describe('webhook', () => {
  it('renders a CloudEvent exactly so', () => {
    expect(renderCloudEvent(sampleNotification())).toEqual({
      specversion: '1.0',
      id: 'inc-1-opened-test',
      source: '/proxmox-mcp/notifier',
      type: 'proxmox-mcp.notification.opened',
      subject: 'inc-1',
      time: '2026-03-14T01:07:36.000Z',
      datacontenttype: 'application/json',
      data: { v: 1, ...sampleNotification() },
    });
  });

  it('signs timestamp and body, and sends the idempotency key', async () => {
    const far = await openFarEnd();
    const agent = new Agent();
    try {
      const config = {
        NOTIFY_WEBHOOK_URL: `${far.url}/in`,
        NOTIFY_WEBHOOK_SECRET: 'key',
        NOTIFY_WEBHOOK_FORMAT: 'plain',
      } as const;
      const channel = webhook.create(config, { dispatcher: agent, now: () => 1_773_450_460_999 });
      await channel.send(sampleNotification(), AbortSignal.timeout(5_000));
      const [request] = far.requests;
      const headers = request?.headers ?? {};
      const body = request?.body ?? '';
      expect(headers['x-proxmox-mcp-timestamp']).toBe('1773450460');
      const mac = createHmac('sha256', 'key').update(`1773450460.${body}`).digest('hex');
      expect(headers['x-proxmox-mcp-signature']).toBe(`sha256=${mac}`);
      expect(headers['idempotency-key']).toBe('inc-1-opened-test');
      expect(JSON.parse(body)).toEqual({ v: 1, ...sampleNotification() });
    } finally {
      await agent.destroy();
      await far.close();
    }
  });

  it('sends unsigned without a secret', async () => {
    const far = await openFarEnd();
    const agent = new Agent();
    try {
      const config = { NOTIFY_WEBHOOK_URL: far.url, NOTIFY_WEBHOOK_FORMAT: 'plain' } as const;
      const channel = webhook.create(config, { dispatcher: agent, now: Date.now });
      await channel.send(sampleNotification(), AbortSignal.timeout(5_000));
      expect(far.requests[0]?.headers['x-proxmox-mcp-signature']).toBeUndefined();
    } finally {
      await agent.destroy();
      await far.close();
    }
  });
});
