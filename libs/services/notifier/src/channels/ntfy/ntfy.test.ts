import type { Notification } from '@proxmox-mcp/schemas';
import { describeChannel } from '../../testing/channel-contract.ts';
import { sampleNotification } from '../../testing/samples.ts';
import { ntfy } from './ntfy.ts';
import { renderNtfy } from './render.ts';

describeChannel({
  definition: ntfy,
  env: (url) => ({ NTFY_SERVER_URL: url, NTFY_TOPIC: 's3cr3t-topic', NTFY_TOKEN: 'tk_s3cr3t' }),
  secrets: ['s3cr3t-topic', 'tk_s3cr3t'],
  accepted: {
    status: 200,
    body: '{"id":"hwQ2YpKdmg","time":1773450460,"event":"message","topic":"t","message":"m"}',
  },
  remoteId: 'hwQ2YpKdmg',
  checkLimits(body) {
    const { message, sequence_id } = JSON.parse(body);
    expect(Buffer.byteLength(body)).toBeLessThan(8_192);
    expect(Buffer.byteLength(message)).toBeLessThan(4_096);
    expect(message.length).toBeGreaterThan(0);
    expect(sequence_id).toMatch(/^[-_A-Za-z0-9]{1,64}$/);
  },
});

it('renders for ntfy exactly so', () => {
  expect(JSON.parse(renderNtfy(sampleNotification(), 'alerts'))).toEqual({
    topic: 'alerts',
    title: 'ERROR: Backup job backup-7c1e failed on pve1',
    message: 'What: Backup job backup-7c1e failed on pve1\nWhy: job failed with err -5',
    priority: 4,
    tags: ['kind-opened', 'severity-error', 'proxmox-mcp'],
    markdown: false,
    click: 'https://mcp.example.net/incidents/inc-1',
    sequence_id: 'inc-1',
  });
});

it('gives one sequence to a thread, also to one with a long name, so that the end replaces the opening', () => {
  const sequence = (change: Partial<Notification>) =>
    JSON.parse(renderNtfy(sampleNotification(change), 't')).sequence_id;
  expect(sequence({ id: 'inc-1-resolved-ntfy', kind: 'resolved' })).toBe(sequence({}));
  expect(sequence({ thread: 'i'.repeat(120) })).toBe(sequence({ thread: 'i'.repeat(120) }));
  expect(sequence({ thread: 'i'.repeat(120) })).not.toBe(sequence({ thread: 'i'.repeat(119) }));
  expect(sequence({ thread: undefined })).toBe('inc-1-opened-test');
});

it('shows what can be done as buttons that post', () => {
  const links = [{ label: 'Silence 1 h', url: 'https://m/act/t' }];
  expect(JSON.parse(renderNtfy(sampleNotification(), 't', links)).actions).toEqual([
    { action: 'http', label: 'Silence 1 h', url: 'https://m/act/t', method: 'POST', clear: false },
  ]);
  const hostile = sampleNotification({ body: '\u0001'.repeat(8_000) });
  expect(Buffer.byteLength(renderNtfy(hostile, 't', links))).toBeLessThan(8_192);
});
