import { Agent } from 'undici';
import { describeChannel } from '../../testing/channel-contract.ts';
import { openFarEnd } from '../../testing/far-end.ts';
import { sampleNotification } from '../../testing/samples.ts';
import { gotify } from './gotify.ts';
import { renderGotify } from './render.ts';

describeChannel({
  definition: gotify,
  env: (url) => ({
    GOTIFY_OUT_SERVER_URL: `${url}/`,
    GOTIFY_OUT_APP_TOKEN: 'A-secret.token',
    GOTIFY_OUT_CLIENT_TOKEN: 'C-secret',
  }),
  secrets: ['A-secret.token', 'C-secret'],
  accepted: { status: 200, body: '{"id":25,"appid":5,"message":"m","date":"2026-03-14T01:07:40Z"}' },
  remoteId: '25',
  checkLimits(body) {
    const { message, title, priority } = JSON.parse(body);
    expect(message.length).toBeGreaterThan(0);
    expect(title.length).toBeGreaterThan(0);
    expect(Number.isInteger(priority)).toBe(true);
  },
});

it('renders for Gotify exactly so', () => {
  expect(renderGotify(sampleNotification())).toEqual({
    title: 'ERROR: Backup job backup-7c1e failed on pve1',
    message:
      'What: Backup job backup-7c1e failed on pve1\nWhy: job failed with err -5\nLink: https://mcp.example.net/incidents/inc-1',
    priority: 8,
    extras: {
      'client::display': { contentType: 'text/plain' },
      'client::notification': { click: { url: 'https://mcp.example.net/incidents/inc-1' } },
      'proxmox-mcp::notification': { id: 'inc-1-opened-test', kind: 'opened', incidentId: 'inc-1' },
    },
  });
});

it('sends the end and then deletes the opening, and counts as sent also where that cannot be deleted', async () => {
  const far = await openFarEnd();
  const agent = new Agent();
  try {
    const channel = gotify.create(
      { GOTIFY_OUT_SERVER_URL: far.url, GOTIFY_OUT_APP_TOKEN: 'A', GOTIFY_OUT_CLIENT_TOKEN: 'C' },
      { dispatcher: agent, now: Date.now },
    );
    far.answer(({ method }) => (method === 'DELETE' ? { status: 403 } : { status: 200, body: '{"id":26}' }));
    const end = sampleNotification({ kind: 'resolved' });
    expect(await channel.send(end, AbortSignal.timeout(5_000), { remoteId: '25' })).toEqual({
      remoteId: '26',
    });
    const seen = far.requests.map(
      ({ method, path, headers }) => `${method} ${path} ${String(headers['x-gotify-key'])}`,
    );
    expect(seen).toEqual(['POST /message A', 'DELETE /message/25 C']);
  } finally {
    await agent.destroy();
    await far.close();
  }
});

it('rings louder the worse it is', () => {
  const of = (severity: 'info' | 'notice' | 'warning' | 'error' | 'critical') =>
    renderGotify(sampleNotification({ severity })).priority;
  expect([of('info'), of('notice'), of('warning'), of('error'), of('critical')]).toEqual([1, 3, 5, 8, 10]);
});
