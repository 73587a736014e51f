import { join } from 'node:path';
import { createToken } from '@proxmox-mcp/mcp-gateway';
import {
  answerHistory,
  answerPeople,
  fact,
  incident,
  receipt,
  seedFleet,
  seedReceipts,
  startGateway,
  type Asked,
} from '@proxmox-mcp/mcp-gateway/testing';
import { openShell, type Shell } from './shell.ts';

// The commands as docs/operations.md writes them; tools/checks compares. Their far ends, the state service and the notifier, are played
// on a real bus behind a real gateway.
const INCIDENTS = 'npm run -s pmx -- history incidents --token "$TOKEN"';
const STALE = `npm run -s pmx -- history incidents --status stale,flapping --condition 'disk.*' --token "$TOKEN"`;
const WHY = 'npm run -s pmx -- history incidents --why "$INCIDENT_ID" --token "$TOKEN"';
const ROUTES = 'npm run -s pmx -- routes test --incident "$INCIDENT_ID" --token "$TOKEN"';
const ROUTES_AT =
  'npm run -s pmx -- routes test --incident "$INCIDENT_ID" --at 2026-12-24T03:00:00Z --token "$TOKEN"';
const PREVIEW =
  'npm run -s pmx -- notify preview --incident "$INCIDENT_ID" --channel gotify --token "$TOKEN"';
const SILENCE_PREVIEW = `npm run -s pmx -- silence preview --match 'condition=backup.*' --token "$TOKEN"`;
const SILENCE_ADD = `npm run -s pmx -- silence add --match node=pve1 --match 'condition=backup.*' --for 2h --reason 'new disks' --token "$OPERATOR_TOKEN"`;
const SILENCE_LIST = 'npm run -s pmx -- silence list --token "$TOKEN"';
const SILENCE_EXPIRE = 'npm run -s pmx -- silence expire "$SILENCE_ID" --token "$OPERATOR_TOKEN"';
const OPEN = `npm run -s pmx -- maintenance open --node pve1 --for 2h --reason 'new memory' --token "$OPERATOR_TOKEN"`;
const EXTEND = 'npm run -s pmx -- maintenance extend "$WINDOW_ID" --for 4h --token "$OPERATOR_TOKEN"';
const CLOSE = 'npm run -s pmx -- maintenance close "$WINDOW_ID" --token "$OPERATOR_TOKEN"';
const LIST = 'npm run -s pmx -- maintenance list --token "$TOKEN"';

const PATIENCE_MS = 120_000;
const AT = '2026-11-20T10:00:00.000Z';

let gateway: Awaited<ReturnType<typeof startGateway>>;
let asked: Asked;
let shell: Shell;

beforeAll(async () => {
  gateway = await startGateway(
    {},
    {
      prepare: async (bus) => {
        await seedFleet(bus);
        const history = await answerHistory(bus);
        history.facts.push(fact('UPID:pve1:1', { id: 'fact-1', members: ['ev-1', 'ev-2'] }));
        asked = await answerPeople(bus, {
          steps: [
            { stage: 'route', outcome: 'pass', reason: 'matched', detail: 'backups' },
            { stage: 'quiet-hours', outcome: 'hold', reason: 'quiet', detail: 'until 07:00\u001b[2J' },
          ],
        });
        await seedReceipts(bus, receipt('n1', { attempts: 3, status: 'failed', reason: 'gave-up' }));
        const incidents = await bus.kv('INCIDENTS');
        const rows = [
          incident('inc-1', {
            facts: ['fact-1'],
            children: 1,
            why: { rule: 'storage-usage', value: 91.5, threshold: 90, unit: '%', forSeconds: 300 },
            findings: [
              {
                id: 'rb-32/no-space',
                runbook: 'RB-32',
                claim: 'The storage is full',
                confidence: 'high',
                evidence: [{ source: 'task log', ref: 'UPID:pve1:1', excerpt: 'no space left' }],
                ruledOut: [],
                nextSteps: [],
                at: AT,
              },
            ],
          }),
          incident('inc-2', {
            status: 'suppressed',
            parent: 'inc-1',
            title: 'VM 106 stopped',
            suppression: { reason: 'parent', by: 'inc-1', text: 'follows from the full storage', since: AT },
          }),
          incident('inc-3', {
            condition: 'disk.health.failed',
            status: 'stale',
            staleSince: AT,
            title: 'Disk is failing',
          }),
          incident('inc-4', {
            status: 'flapping',
            timeline: [{ at: AT, what: 'flapping', text: 'Came and went 6 times' }],
          }),
        ];
        for (const row of rows) await incidents.put(row.id, JSON.stringify(row));
      },
    },
  );
  const file = join(gateway.dataDir, 'tokens.json');
  const { secret } = await createToken(file, { name: 'oncall', scopes: ['operate'] });
  shell = openShell({
    GATEWAY_URL: gateway.url,
    TOKEN: gateway.announced.find((line) => line.startsWith('Token: '))?.slice('Token: '.length) ?? '',
    OPERATOR_TOKEN: secret,
    INCIDENT_ID: 'inc-1',
  });
}, PATIENCE_MS);
afterAll(async () => {
  await shell?.close();
  await gateway?.close();
});

/** The lines of a command that must go well. */
async function lines(command: string, env: Record<string, string> = {}): Promise<string[]> {
  const { code, stdout, stderr } = await shell.run(command, env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

it(
  'history incidents says of each why it is suppressed, stale or flapping, and --why all there is to say',
  async () => {
    expect(await lines(INCIDENTS)).toEqual([
      '2026-11-20 10:00:00  error  open  inc-1  Backup of VM 105 failed',
      '2026-11-20 10:00:00  error  suppressed  inc-2  VM 106 stopped  (parent: follows from the full storage)',
      '2026-11-20 10:00:00  error  stale  inc-3  Disk is failing  (nothing heard since 2026-11-20 10:00:00)',
      '2026-11-20 10:00:00  error  flapping  inc-4  Backup of VM 105 failed  (since 2026-11-20 10:00:00: Came and went 6 times)',
    ]);
    expect(await lines(STALE)).toEqual([expect.stringContaining('inc-3')]);
    expect(await lines(WHY)).toEqual([
      '2026-11-20 10:00:00  error  open  inc-1  Backup of VM 105 failed',
      'condition: backup.job.failed',
      'rule: storage-usage',
      'value: 91.5 %',
      'threshold: 90 % for 300 s',
      'cause: VM 105: no space left on device on storage tank',
      'finding: The storage is full (high confidence)',
      '  task log: UPID:pve1:1: no space left',
      'heard: 2026-11-20 10:00:00  backup.job.failed  events ev-1, ev-2',
      'causes: 1 others',
      '  inc-2  suppressed  VM 106 stopped',
      'told:',
      '  2026-11-20 10:00:00  gotify  failed: gave-up  (3 attempts)',
    ]);
    expect(await lines(WHY, { INCIDENT_ID: 'inc-2' })).toEqual(
      expect.arrayContaining([
        'follows from: inc-1  Backup of VM 105 failed',
        'suppressed: parent: follows from the full storage (inc-1, since 2026-11-20 10:00:00)',
        'told: nobody',
      ]),
    );
  },
  PATIENCE_MS,
);

it(
  'routes test prints stages, who would be told when, and who was; notify preview the message',
  async () => {
    expect(await lines(ROUTES)).toEqual([
      'route        pass      matched: backups',
      // What a route's name says must not steer the terminal.
      'quiet-hours  hold      quiet: until 07:00\\x1b[2J',
      'would be told:',
      '  2026-11-20 10:00:00  gotify',
      'told:',
      '  2026-11-20 10:00:00  gotify  sent',
    ]);
    await lines(ROUTES_AT);
    expect(asked.explain).toEqual([
      { incidentId: 'inc-1' },
      { incidentId: 'inc-1', at: '2026-12-24T03:00:00.000Z' },
    ]);
    expect(await shell.run(ROUTES, { INCIDENT_ID: 'inc-9' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('HTTP 404 there is none of this id'),
    });
    expect(await lines(PREVIEW)).toEqual([
      'gotify: ERROR: Backup of VM 105 failed',
      '    Why: tank',
      '    Done: nothing',
    ]);
  },
  PATIENCE_MS,
);

it(
  'silences are previewed, added, listed and expired',
  async () => {
    const hits = ['hits 1 open incident:', '  error  inc-1  Backup failed: "…"'];
    expect(await lines(SILENCE_PREVIEW)).toEqual(hits);
    const [added = '', ...rest] = await lines(SILENCE_ADD);
    expect(added).toMatch(/^si-1 {2}.+ to .+ {2}node=pve1 condition=backup\.\* {2}new disks {2}\(oncall\)$/);
    expect(rest).toEqual(hits);
    expect(asked.silence.at(-1)).toMatchObject({ match: { node: 'pve1', condition: 'backup.*' } });
    expect(await lines(SILENCE_LIST)).toEqual([added]);
    expect(await lines(SILENCE_EXPIRE, { SILENCE_ID: 'si-1' })).toEqual(['expired si-1']);
    expect(await lines(SILENCE_LIST)).toEqual(['']);
    const refused = await shell.run(SILENCE_ADD.replace('"$OPERATOR_TOKEN"', '"$TOKEN"'));
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('needs tier operate') });
  },
  PATIENCE_MS,
);

it.each([
  [`silence add --match vm=105 --for 2h --reason x`, 'nothing is matched by vm'],
  [`silence add --match minSeverity=bad --for 2h --reason x`, '--match minSeverity'],
  [`silence add --for 2h --reason x`, '--match is missing'],
  [`silence add --match node=pve1 --reason x`, 'until when?'],
  [`silence expire`, 'which silence?'],
  [`maintenance close`, 'which window?'],
  [`maintenance`, 'expected open, extend, close or list'],
  [`routes`, 'expected test'],
  [`notify preview`, '--incident is missing'],
])('%s says what is missing', async (words, complaint) => {
  const ran = await shell.run(`npm run -s pmx -- ${words} --token "$TOKEN"`);
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toContain(complaint);
  expect(ran.stderr).toContain('usage: proxmox-mcp');
});

it(
  'maintenance windows are opened, extended, listed and closed',
  async () => {
    const [opened = '', covers] = await lines(OPEN);
    expect(opened).toMatch(/^mw-1 {2}.+ {2}mute {2}node=pve1 {2}new memory {2}\(oncall\)$/);
    expect(covers).toBe('covers now: nodes 2, guests 3, storages 0');
    const WINDOW_ID = 'mw-1';
    const [extended = ''] = await lines(EXTEND, { WINDOW_ID });
    expect(extended).not.toBe(opened);
    expect(await lines(LIST)).toEqual([extended]);
    expect((await lines(CLOSE, { WINDOW_ID }))[0]).toMatch(/ {2}closed /);
    expect(await lines(LIST)).toEqual(['']);
  },
  PATIENCE_MS,
);
