import { createRehearsal, type Rehearsed } from './rehearsal.ts';
import { RulesYaml } from './rules/index.ts';
import { iso, nightlyBackup, sampleEvent } from './testing/sample-events.ts';

const LATER = Date.parse(iso(7 * 86_400));

const rehearsed = (rules: unknown, ...events: ReturnType<typeof sampleEvent>[]) => {
  const rehearsal = createRehearsal(RulesYaml.parse(rules));
  try {
    rehearsal.add(events);
    return rehearsal.end(LATER);
  } finally {
    rehearsal.close();
  }
};
const shown = (list: readonly Rehearsed[]) =>
  list.map(({ incident, wasTold }) => [incident.condition, incident.openedAt, incident.resolvedAt, wasTold]);

const offline = sampleEvent({ type: 'node.state.offline', node: 'pve2', second: 3_600 });
const online = sampleEvent({ type: 'node.state.online', node: 'pve2', second: 4_200 });

describe('a rehearsal of rules', () => {
  it('makes the incidents that there would have been, at the time of the events', () => {
    const list = rehearsed({}, ...nightlyBackup(), offline, online);
    expect(shown(list)).toEqual([
      ['backup.job.failed', expect.any(String), undefined, true],
      ['node.state.offline', iso(3_600), iso(4_200), true],
    ]);
  });

  it('leaves out what the rules leave out, for the objects that they name', () => {
    const other = sampleEvent({ type: 'node.state.offline', node: 'pve3', second: 3_700 });
    const rules = { overrides: [{ match: { node: 'pve2' }, rules: { 'node-offline': { enabled: false } } }] };
    const list = rehearsed(rules, offline, other, online);
    expect(list.map(({ incident }) => incident.node)).toEqual(['pve3']);
  });

  it('lets time pass, so that what waits for an explanation is told without one', () => {
    // A failed snapshot of a PBS waits for the job of PVE that it is the echo of.
    const echo = sampleEvent({
      type: 'backup.snapshot.failed',
      product: 'pbs',
      cluster: 'pbs1',
      node: 'pbs1',
      storage: 'tank',
      upid: 'UPID:pbs1:0000035F:00000A1B:00000001:69B4B314:backup:tank\\x3avm/101:root@pam:',
      status: 'connection error',
      facts: { error: 'connection error' },
    });
    expect(rehearsed({}, echo).map(({ incident }) => incident.condition)).toEqual(['backup.snapshot.failed']);
    // The next events, hours later, do not swallow it.
    expect(rehearsed({}, echo, offline, online)).toHaveLength(2);
  });

  it('counts what a replay brought to light as if it had come in time', () => {
    const late = { ...offline, replayedAt: iso(86_400 * 5) };
    expect(rehearsed({}, late)).toHaveLength(1);
  });
});
