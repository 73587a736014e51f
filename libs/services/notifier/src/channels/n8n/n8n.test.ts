import { createHmac } from 'node:crypto';
import { Agent } from 'undici';
import { describeChannel } from '../../testing/channel-contract.ts';
import { openFarEnd } from '../../testing/far-end.ts';
import { sampleIncident, sampleNotification } from '../../testing/samples.ts';
import { n8n } from './n8n.ts';

describeChannel({
  definition: n8n,
  env: (url) => ({ N8N_WEBHOOK_URL: `${url}/webhook/s3cr3t-path`, N8N_WEBHOOK_SECRET: 's3cr3t-key' }),
  secrets: ['s3cr3t-path', 's3cr3t-key'],
  accepted: { status: 200, body: '{"message":"Workflow was started"}' },
  remoteId: undefined,
  checkLimits(body) {
    expect(JSON.parse(body).v).toBe(1);
  },
});

it('gives the workflow the notification and the incident, signed', async () => {
  const far = await openFarEnd();
  const agent = new Agent();
  try {
    const channel = n8n.create(
      { N8N_WEBHOOK_URL: far.url, N8N_WEBHOOK_SECRET: 'key' },
      {
        dispatcher: agent,
        now: () => 1_773_450_460_999,
        incident: (id) => Promise.resolve(sampleIncident({ id })),
      },
    );
    await channel.send(sampleNotification(), AbortSignal.timeout(5_000));
    const { body = '', headers = {} } = far.requests[0] ?? {};
    expect(JSON.parse(body)).toEqual({ v: 1, ...sampleNotification(), incident: sampleIncident() });
    const mac = createHmac('sha256', 'key').update(`1773450460.${body}`).digest('hex');
    expect(headers['x-proxmox-mcp-signature']).toBe(`sha256=${mac}`);
    expect(headers['idempotency-key']).toBe('inc-1-opened-test');
  } finally {
    await agent.destroy();
    await far.close();
  }
});
