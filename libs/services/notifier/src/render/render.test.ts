import { sampleIncident, sampleResolved } from '../testing/samples.ts';
import { createRender } from '../stages/render.ts';
import { NotifierConfig, renderOf } from '../config.ts';
import { compilePreset } from './presets.ts';
import { FIELDS } from './fields.ts';

const nodeDown = sampleIncident({
  condition: 'node.state.offline',
  severity: 'critical',
  title: 'Node pve2 is offline',
  cause: 'Node pve2 left the cluster and is not being fenced',
  node: 'pve2',
  guest: undefined,
  storage: undefined,
  affected: { guests: 27, names: ['db01', 'web01', 'web02', 'mail', 'dns', 'git'] },
  children: 3,
});
const storageFull = sampleIncident({
  condition: 'storage.usage.high',
  severity: 'warning',
  title: 'Storage local-zfs on pve1 is nearly full',
  cause: undefined,
  guest: undefined,
  storage: 'local-zfs',
  why: { rule: 'storage-usage', value: 91.2345, threshold: 90, unit: '%', forSeconds: 600, source: 'API' },
});
const linkBase = 'https://mcp.example.net';

describe('the presets', () => {
  it('full says whom it affects, what follows, and by which value', () => {
    expect(createRender('full')(nodeDown, 'opened', { linkBase })).toEqual({
      title: 'CRITICAL: Node pve2 is offline',
      body: [
        'What: Node pve2 is offline',
        'Where: cluster atlas, node pve2',
        'Impact: 27 guests affected: db01, web01, web02, mail, dns and 22 more; 3 problems follow from it',
        'Since: 2026-03-14 01:07 UTC',
        'Why: Node pve2 left the cluster and is not being fenced',
        'Done: nothing was changed',
      ].join('\n'),
      link: 'https://mcp.example.net/incidents/inc-1',
    });
    expect(createRender('full')(storageFull, 'opened', {}).body).toBe(
      [
        'What: Storage local-zfs on pve1 is nearly full',
        'Where: cluster atlas, node pve1, storage local-zfs',
        'Since: 2026-03-14 01:07 UTC',
        'Why: 91.23 % (threshold 90 %, for 10m, by API)',
        'Done: nothing was changed',
      ].join('\n'),
    );
  });

  it('compact says it in the lines that a phone shows', () => {
    expect(createRender('compact')(nodeDown, 'opened', { linkBase })).toEqual({
      title: 'CRITICAL: Node pve2 is offline',
      body: [
        'cluster atlas, node pve2, since 2026-03-14 01:07 UTC',
        '27 guests affected: db01, web01, web02, mail, dns and 22 more; 3 problems follow from it',
        'Node pve2 left the cluster and is not being fenced',
        'nothing was changed',
      ].join('\n'),
      link: 'https://mcp.example.net/incidents/inc-1',
    });
    expect(createRender('compact')(sampleResolved(), 'resolved', {}).body).toBe(
      [
        'cluster atlas, node pve1, VM 104 (db01), storage nas-backup, since 2026-03-14 01:07 UTC, until 2026-03-14 03:10 UTC (2h 3m)',
        'VM 104 (db01): job failed with err -5 - Input/output error, on storage nas-backup',
        'resolved: succeeded',
      ].join('\n'),
    );
  });

  it('custom fills the fields in, and leaves out a line whose fields say nothing', () => {
    const custom = compilePreset({
      title: '[{{ severity }}] {{guest}}',
      body: 'Lab report\n\n{{what}} ({{id}})\nThreshold: {{value}}\n{{lasted}}\n{{link}}',
    });
    expect(createRender('custom', custom)(sampleIncident(), 'opened', { linkBase })).toEqual({
      title: '[error] VM 104 (db01)',
      body: 'Lab report\n\nBackup job backup-7c1e failed on pve1 (inc-1)\nhttps://mcp.example.net/incidents/inc-1',
      link: 'https://mcp.example.net/incidents/inc-1',
    });
  });

  it('a route can want another preset than the usual one; one that does not exist is the usual one', () => {
    const render = createRender('full');
    const body = (preset?: string) => render(nodeDown, 'opened', { preset }).body;
    expect(body('compact')).toBe(createRender('compact')(nodeDown, 'opened', {}).body);
    expect(body('custom')).toBe(body());
    expect(body('__proto__')).toBe(body());
  });

  it('what strangers wrote is put in as it is: a name like a field stays a name', () => {
    const incident = sampleIncident({ title: '{{link}} {{why}}', cause: undefined });
    const { title, body } = createRender('full')(incident, 'opened', { linkBase });
    expect(title).toBe('ERROR: {{link}} {{why}}');
    expect(body).toContain('What: {{link}} {{why}}');
  });

  it('a message is never empty', () => {
    const custom = compilePreset({ title: '{{lasted}}', body: '{{lasted}}' });
    expect(createRender('custom', custom)(sampleIncident(), 'opened', {})).toEqual({
      title: 'ERROR: Backup job backup-7c1e failed on pve1',
      body: 'Backup job backup-7c1e failed on pve1',
    });
  });
});

describe('the settings', () => {
  const faults = (env: Record<string, string>) =>
    NotifierConfig.safeParse(env).error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);

  it('make the message of an own template, with \\n for a line break', () => {
    const config = NotifierConfig.parse({
      NOTIFY_PRESET: 'custom',
      NOTIFY_TEMPLATE_BODY: String.raw`{{what}}\n-- {{where}}`,
    });
    expect(renderOf(config)(nodeDown, 'opened', {})).toEqual({
      title: 'CRITICAL: Node pve2 is offline',
      body: 'Node pve2 is offline\n-- cluster atlas, node pve2',
    });
  });

  it.each([
    ['{{wat}}', `there is no field {{wat}}; there are ${FIELDS.join(', ')}`],
    ['{{what', 'a pair of braces stands around no field'],
    ['{{#if what}}', 'a pair of braces stands around no field'],
    ['{{constructor}}', `there is no field {{constructor}}; there are ${FIELDS.join(', ')}`],
  ])('refuse the template %s at start', (template, message) => {
    expect(faults({ NOTIFY_TEMPLATE_BODY: template })).toEqual([`NOTIFY_TEMPLATE_BODY: ${message}`]);
  });

  it('ask for the template of custom', () => {
    expect(faults({ NOTIFY_PRESET: 'custom' })).toEqual([
      'NOTIFY_TEMPLATE_BODY: required by NOTIFY_PRESET=custom',
    ]);
  });
});
