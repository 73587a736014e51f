import { Agent } from 'undici';
import { describeChannel } from '../../testing/channel-contract.ts';
import { openFarEnd } from '../../testing/far-end.ts';
import { sampleNotification } from '../../testing/samples.ts';
import { matrix } from './matrix.ts';
import { renderMatrix } from './render.ts';

const ROOM = '!room:example.net';

describeChannel({
  definition: matrix,
  env: (url) => ({
    MATRIX_HOMESERVER_URL: url,
    MATRIX_ACCESS_TOKEN: 'syt_s3cr3t',
    MATRIX_ROOM_ID: ROOM,
  }),
  secrets: ['syt_s3cr3t'],
  accepted: { status: 200, body: '{"event_id":"$abc"}' },
  remoteId: '$abc',
  checkLimits(body, { method, path }) {
    expect(Buffer.byteLength(body)).toBeLessThan(60_000);
    expect(method).toBe('PUT');
    expect(path).toMatch(/^\/_matrix\/client\/v3\/rooms\/!room%3Aexample\.net\/send\/m\.room\.message\/i+$/);
  },
});

describe('matrix', () => {
  it('renders exactly so', () => {
    expect(renderMatrix(sampleNotification({ body: 'Why: <b>\n@room' }))).toEqual({
      msgtype: 'm.text',
      body:
        'ERROR: Backup job backup-7c1e failed on pve1\nWhy: <b>\n@room\n' +
        'Open incident: https://mcp.example.net/incidents/inc-1',
      format: 'org.matrix.custom.html',
      formatted_body:
        '<strong>ERROR: Backup job backup-7c1e failed on pve1</strong><br>Why: &lt;b&gt;<br>@room<br>' +
        '<a href="https://mcp.example.net/incidents/inc-1">Open incident</a>',
      'm.mentions': {},
    });
  });

  it('replaces the opening by its end, in one event however often it is sent', async () => {
    const far = await openFarEnd();
    const agent = new Agent();
    try {
      far.answer({ status: 200, body: '{"event_id":"$end"}' });
      const channel = matrix.create(
        { MATRIX_HOMESERVER_URL: far.url, MATRIX_ACCESS_TOKEN: 't', MATRIX_ROOM_ID: ROOM },
        { dispatcher: agent, now: Date.now },
      );
      const end = sampleNotification({ id: 'inc-1-resolved-matrix', kind: 'resolved' });
      for (let attempt = 0; attempt < 2; attempt++)
        await channel.send(end, AbortSignal.timeout(5_000), { remoteId: '$open' });
      const [first, second] = far.requests;
      expect(second?.path).toBe(first?.path);
      expect(JSON.parse(first?.body ?? '')).toMatchObject({
        'm.relates_to': { rel_type: 'm.replace', event_id: '$open' },
        'm.new_content': { msgtype: 'm.text' },
      });
      far.answer({ status: 429, body: '{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1234}' });
      await expect(channel.send(end, AbortSignal.timeout(5_000))).rejects.toMatchObject({
        retryAfterMs: 1_234,
      });
    } finally {
      await agent.destroy();
      await far.close();
    }
  });

  it('stays within the size of an event also where it replaces one', () => {
    const hostile = sampleNotification({ title: '"'.repeat(500), body: '\u0001"'.repeat(4_000) });
    const body = JSON.stringify(renderMatrix(hostile, [], { remoteId: '$open' }));
    expect(Buffer.byteLength(body)).toBeLessThan(60_000);
  });
});
