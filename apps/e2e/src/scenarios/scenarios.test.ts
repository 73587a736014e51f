import { scenarioNames, type ExpectedIncident } from '@proxmox-mcp/lab-kit';
import { WAYS, hearScenario, type Heard, type Way } from './hear-scenario.ts';
import { doubledFacts, faultsOfIncidents, faultsOfMessages, incidentsDue, missingFacts } from './truth.ts';

/** What a way cannot know is not to be expected of it. */
interface Deafness {
  /** Incidents that the way can tell of, where they differ from the scenario's. */
  readonly incidents?: readonly ExpectedIncident[];
  /** Words of causes that the way never carries. */
  readonly unheard?: readonly string[];
  readonly why: string;
}

const FULL = 'No space left on device';

const DEAF: Readonly<Record<string, Partial<Record<Way, Deafness>>>> = {
  'nightly-backup-failure': {
    syslog: { unheard: ['db01'], why: 'log lines of a backup carry no names' },
  },
  'node-reboots': {
    webhook: { incidents: [], why: 'a cluster notifies of a node only when it fences it' },
  },
  'pbs-datastore-full': {
    syslog: {
      incidents: [
        {
          condition: 'backup.job.failed',
          node: 'pve1',
          storage: 'pbs1',
          causeContains: ['ENOSPC'],
          resolved: false,
        },
        { condition: 'task.failed', node: 'pbs1', causeContains: [FULL], resolved: false },
      ],
      why: 'PBS logs the error of a task and not which task',
    },
  },
  'storage-offline': {
    syslog: {
      incidents: [
        { condition: 'storage.state.unavailable', storage: 'nas-backup' },
        {
          condition: 'backup.job.failed',
          node: 'pve2',
          storage: 'nas-backup',
          causeContains: ['nas-backup', 'not online'],
          resolved: true,
        },
      ],
      why: 'pvestatd says nothing of a storage that is back: a quarter of an hour of silence is the end',
    },
    webhook: {
      incidents: [
        {
          condition: 'backup.job.failed',
          node: 'pve2',
          storage: 'nas-backup',
          causeContains: ['nas-backup'],
          resolved: true,
        },
      ],
      why: 'Proxmox notifies of the backup, not of the storage',
    },
  },
  'verify-finds-damage': {
    syslog: {
      incidents: [
        { condition: 'task.failed', node: 'pbs1', causeContains: ['verification failed'], resolved: false },
      ],
      why: 'PBS logs the error of a task and not which task',
    },
  },
};

/** A long scenario that nothing goes wrong in: by everything at once is enough, each way alone hears such doings in another. */
const ONLY_TOGETHER: ReadonlySet<string> = new Set(['quiet-hour']);

/** Longer than any scenario lasts here. */
const FOREVER_S = 900;

/**
 * A node's grace is the wall's and the world is fast: where it is to hold, it holds for as long as anybody looks. Fencing must end it,
 * but the API alone does not tell of fencing.
 */
function graceOf(name: string, ways: readonly Way[]): number {
  const isFencingHeard = name === 'node-fenced' && ways.some((way) => way !== 'api');
  return name === 'node-reboots' || isFencingHeard ? FOREVER_S : 1;
}

const hear = (name: string, ways: readonly Way[]) => hearScenario(name, ways, graceOf(name, ways));

function expectedBy(heard: Heard, way: Way): readonly ExpectedIncident[] {
  const deafness = DEAF[heard.scenario.name]?.[way];
  const unheard = deafness?.unheard ?? [];
  return (
    deafness?.incidents ??
    incidentsDue(heard).map(({ causeContains = [], ...incident }) => ({
      ...incident,
      causeContains: causeContains.filter((text) => !unheard.includes(text)),
    }))
  );
}

it.concurrent.each(scenarioNames())(
  'concludes what %s is when it hears everything',
  async (name) => {
    const heard = await hear(name, WAYS);
    expect(missingFacts(heard)).toEqual([]);
    expect(faultsOfIncidents(heard, incidentsDue(heard))).toEqual([]);
    expect(faultsOfMessages(heard)).toEqual([]);
    expect(doubledFacts(heard)).toEqual([]);
    expect(heard.deadLetters).toEqual([]);
  },
  180_000,
);

it.concurrent.each(
  scenarioNames().flatMap((name) => (ONLY_TOGETHER.has(name) ? [] : WAYS.map((way) => [name, way] as const))),
)(
  'concludes what %s is when it hears it by %s alone',
  async (name, way) => {
    const heard = await hear(name, [way]);
    expect(faultsOfIncidents(heard, expectedBy(heard, way))).toEqual([]);
    expect(faultsOfMessages(heard)).toEqual([]);
    expect(heard.deadLetters).toEqual([]);
  },
  120_000,
);

it.concurrent(
  'tells nobody of a node that is back before its grace is over, though the incident is there to see',
  async () => {
    const heard = await hear('node-reboots', WAYS);
    expect(heard.incidents).toMatchObject([{ condition: 'node.state.offline', status: 'resolved' }]);
    expect(heard.messages).toEqual([]);
  },
  120_000,
);

it.concurrent(
  'names guest, storage, error and node in the one message of the nightly failure',
  async () => {
    const { messages } = await hear('nightly-backup-failure', WAYS);
    expect(messages).toHaveLength(1);
    expect(messages[0]?.title).toBe('ERROR: Backup of 104 (db01) failed on pve1');
    expect(messages[0]?.message).toContain(
      'Why: Backup of 104 (db01) to nas-backup failed: job failed with err -5 - Input/output error',
    );
  },
  120_000,
);
