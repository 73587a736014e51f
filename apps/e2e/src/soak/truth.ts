import { familyOf, outcomeOf, parseUpid } from '@proxmox-mcp/proxmox-events';
import type { ExpectedFact, LabTask } from '@proxmox-mcp/lab-kit';
import type { Fact } from '@proxmox-mcp/schemas';
import type { HeardDay } from './hear-day.ts';

/** An expected fact that the day holds several times. */
type Counted = ExpectedFact & {
  readonly times?: number;
  /** Where this fact about the same object is there, the expected one was over before anybody looked. */
  readonly unless?: string;
};

/** What a day came to. */
export interface Verdict {
  /** Facts of tasks, of guests in backup jobs, and of everything else. */
  readonly counts: { readonly tasks: number; readonly parts: number; readonly others: number };
  /** Where facts and truth differ, one line each; empty when they are equal. */
  readonly faults: readonly string[];
}

/**
 * Holds the facts against what really happened: each task of the lab is one fact with its outcome, each guest of a backup job one part
 * of it, and everything else is in the day's own list, as often as it says, and nothing more.
 */
export function judge({ scenario, tasks, facts }: HeardDay): Verdict {
  const ofTask = new Map<string, Fact[]>();
  const [parts, others]: [Fact[], Fact[]] = [[], []];
  for (const fact of facts) {
    if (fact.upid !== undefined && fact.id === fact.upid)
      ofTask.set(fact.upid, [...(ofTask.get(fact.upid) ?? []), fact]);
    else if (fact.id.startsWith('UPID:')) parts.push(fact);
    else others.push(fact);
  }
  const faults = [
    ...tasks.flatMap((task) => taskFaults(task, ofTask.get(task.upid) ?? [])),
    ...[...ofTask.keys()]
      .filter((upid) => !tasks.some((task) => task.upid === upid))
      .map((upid) => `no such task: ${upid}`),
    ...partFaults(tasks, parts),
    ...lockFaults(others),
    ...otherFaults(
      scenario.expected.facts,
      others.filter(({ type }) => !type.startsWith(LOCK)),
    ),
  ];
  return { counts: { tasks: ofTask.size, parts: parts.length, others: others.length }, faults };
}

function taskFaults(task: LabTask, facts: readonly Fact[]): string[] {
  const upid = parseUpid(task.upid);
  if (upid === undefined || facts.length !== 1) return [`${facts.length} facts of ${task.upid}`];
  const family = familyOf(upid.product, upid.type);
  const wanted = `${family}.${outcomeOf(task.status ?? '').outcome}`;
  const [fact] = facts;
  const faults: string[] = [];
  if (fact?.type !== wanted) faults.push(`${task.upid} is ${fact?.type}, not ${wanted}`);
  if (fact?.endedAt === undefined) faults.push(`${task.upid} never ended`);
  return faults;
}

const BEGUN = /Starting Backup of VM (\d+) /;
const FAILED = /ERROR: Backup of VM (\d+) failed/;

function partFaults(tasks: readonly LabTask[], parts: readonly Fact[]): string[] {
  const found = new Map(parts.map((fact) => [fact.id, fact.type]));
  const wanted = new Map<string, string>();
  for (const { type, upid, log } of tasks) {
    if (type !== 'vzdump') continue;
    const numbers = (pattern: RegExp) => log.flatMap((line) => pattern.exec(line)?.[1] ?? []);
    const failed = new Set(numbers(FAILED));
    for (const vmid of new Set([...numbers(BEGUN), ...failed]))
      wanted.set(`${upid}/${vmid}`, failed.has(vmid) ? 'backup.guest.failed' : 'backup.guest.succeeded');
  }
  return [
    ...[...wanted]
      .filter(([id, type]) => found.get(id) !== type)
      .map(([id, type]) => `${id} is ${found.get(id)}, not ${type}`),
    ...[...found.keys()].filter((id) => !wanted.has(id)).map((id) => `no such part: ${id}`),
  ];
}

const LOCK = 'guest.lock.';

/** Tasks lock guests; a lock shorter than the time between two polls is not seen, but one that was set is cleared. */
function lockFaults(facts: readonly Fact[]): string[] {
  const held = new Map<string, number>();
  for (const { type, cluster, guest } of facts) {
    if (!type.startsWith(LOCK)) continue;
    const key = `${cluster ?? ''}/${guest?.vmid ?? ''}`;
    held.set(key, (held.get(key) ?? 0) + (type === `${LOCK}set` ? 1 : -1));
  }
  return [...held]
    .filter(([, count]) => count !== 0)
    .map(([key, count]) => `locks of ${key}: ${count} more set than cleared`);
}

function otherFaults(expected: readonly Counted[], facts: readonly Fact[]): string[] {
  const left = new Set(facts);
  const faults: string[] = [];
  const inStead = new Set<Fact>();
  for (const wanted of expected) {
    const { times = 1, unless } = wanted;
    const other = facts.find((fact) => unless !== undefined && isFact(fact, { ...wanted, type: unless }));
    if (other !== undefined) {
      inStead.add(other);
      continue;
    }
    const matching = [...left].filter((fact) => isFact(fact, wanted));
    for (const fact of matching.slice(0, times)) left.delete(fact);
    if (matching.length < times)
      faults.push(`${matching.length} instead of ${times}: ${JSON.stringify(wanted)}`);
  }
  return [
    ...faults,
    ...[...left].filter((fact) => !inStead.has(fact)).map((fact) => `nobody expected: ${describe(fact)}`),
  ];
}

function isFact(fact: Fact, { type, node, vmid, storage, severity }: Counted): boolean {
  return (
    fact.type === type &&
    (node === undefined || fact.node === node) &&
    (vmid === undefined || fact.guest?.vmid === vmid) &&
    (storage === undefined || fact.storage === storage) &&
    (severity === undefined || fact.severity === severity)
  );
}

const describe = ({ type, node, guest, storage, startedAt, title, members }: Fact) =>
  `${startedAt} ${type} ${[node, guest?.vmid, storage].filter((part) => part !== undefined).join('/')}: ${title} (${members.length} reports)`;
