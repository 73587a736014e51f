import { Agent } from 'undici';
import { describeChannel } from '../../testing/channel-contract.ts';
import { openFarEnd } from '../../testing/far-end.ts';
import { sampleIncident, sampleNotification } from '../../testing/samples.ts';
import { homeassistant } from './homeassistant.ts';
import { renderNotify } from './render.ts';

describeChannel({
  definition: homeassistant,
  env: (url) => ({
    HOMEASSISTANT_URL: url,
    HOMEASSISTANT_TOKEN: 'ey.s3cr3t',
    HOMEASSISTANT_SERVICE: 'notify.mobile_app_phone',
  }),
  secrets: ['ey.s3cr3t'],
  accepted: { status: 200, body: '[]' },
  remoteId: undefined,
  requestsPerSend: 2,
  checkLimits(body, { path }) {
    if (path.startsWith('/api/events/')) return;
    expect(path).toBe('/api/services/notify/mobile_app_phone');
    expect(Buffer.byteLength(JSON.parse(body).message)).toBeLessThanOrEqual(3_800);
  },
});

describe('homeassistant', () => {
  const config = (url: string) => ({
    HOMEASSISTANT_URL: url,
    HOMEASSISTANT_TOKEN: 't',
    HOMEASSISTANT_SERVICE: 'mobile_app_phone',
  });

  it('renders exactly so, and the end takes the place of the opening', () => {
    expect(renderNotify(sampleNotification(), 'mobile_app_phone')).toEqual({
      title: 'ERROR: Backup job backup-7c1e failed on pve1',
      message: 'What: Backup job backup-7c1e failed on pve1\nWhy: job failed with err -5',
      data: {
        tag: 'inc-1',
        notification_id: 'inc-1',
        group: 'proxmox-mcp',
        url: 'https://mcp.example.net/incidents/inc-1',
        clickAction: 'https://mcp.example.net/incidents/inc-1',
        ttl: 0,
        priority: 'high',
        push: { 'interruption-level': 'time-sensitive' },
      },
    });
    const end = renderNotify(sampleNotification({ id: 'other', kind: 'resolved' }), 'mobile_app_phone');
    expect(end.data.tag).toBe('inc-1');
  });

  it('shows a hostile name as typed on a phone and in the frontend', () => {
    const evil = sampleNotification({ body: '<a href="x">[x](http://evil)' });
    expect(renderNotify(evil, 'mobile_app_phone').message).toBe('‹a href="x"›[x](http://evil)');
    expect(renderNotify(evil, 'persistent_notification').message).toBe(
      '\\<a href="x"\\>\\[x\\]\\(http://evil\\)',
    );
  });

  it('fires an event with the entity, and tells people also where the token may not fire', async () => {
    const far = await openFarEnd();
    const agent = new Agent();
    try {
      far.answer(({ path }) =>
        path.startsWith('/api/events/') ? { status: 401 } : { status: 200, body: '[]' },
      );
      const channel = homeassistant.create(config(far.url), {
        dispatcher: agent,
        now: Date.now,
        incident: (id) => Promise.resolve(sampleIncident({ id })),
      });
      await channel.send(sampleNotification(), AbortSignal.timeout(5_000));
      expect(far.requests.map(({ path }) => path)).toEqual([
        '/api/events/proxmox_mcp_incident',
        '/api/services/notify/mobile_app_phone',
      ]);
      expect(JSON.parse(far.requests[0]?.body ?? '')).toEqual({
        id: 'inc-1-opened-test',
        kind: 'opened',
        severity: 'error',
        title: 'ERROR: Backup job backup-7c1e failed on pve1',
        link: 'https://mcp.example.net/incidents/inc-1',
        incident_id: 'inc-1',
        condition: 'backup.job.failed',
        status: 'open',
        cluster: 'atlas',
        node: 'pve1',
        guest: { kind: 'qemu', vmid: 104, name: 'db01' },
        storage: 'nas-backup',
      });
      expect(far.requests[0]?.headers.authorization).toBe('Bearer t');
    } finally {
      await agent.destroy();
      await far.close();
    }
  });
});
