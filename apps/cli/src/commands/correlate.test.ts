import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { subsetDifference } from '@proxmox-mcp/proxmox-events/testing';
import type { Event } from '@proxmox-mcp/schemas';
import { createCorrelator } from '@proxmox-mcp/state';
import fc from 'fast-check';
import { describeGroups, type Grouping } from '../scenario/describe-groups.ts';
import { hearInputs } from '../scenario/hear-inputs.ts';
import { readScenario, type Scenario } from '../scenario/scenario.ts';
import { READERS } from './normalize.ts';

const TESTCASES = fileURLToPath(new URL('../../testcases', import.meta.url));

/** Random orders of arrival tried for each scenario, and as many with every input doubled: `CORRELATE_ORDERS=5000` for long runs. */
const ORDERS = Number(process.env['CORRELATE_ORDERS'] ?? 200);

/** Folder → orders tried. What was recorded is held against all of them, what we made up against a quarter. */
const FOLDERS = { scenarios: ORDERS, 'more-scenarios': Math.ceil(ORDERS / 4) };

const SCENARIOS = Object.entries(FOLDERS).flatMap(([folder, orders]) =>
  readdirSync(join(TESTCASES, folder))
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ name: file.slice(0, -'.json'.length), file: join(TESTCASES, folder, file), orders })),
);

/** A group as the scenario expects it. */
interface Expected extends Record<string, unknown> {
  readonly id: string;
  readonly members: readonly number[];
  readonly parent?: string;
}

interface Told {
  readonly scenario: Scenario;
  readonly heard: readonly (readonly Event[])[];
  readonly expected: {
    readonly groups: readonly Expected[];
    readonly links: readonly (readonly [string, string, string])[];
  };
}

async function tell(file: string): Promise<Told> {
  const scenario = readScenario(file);
  const heard = await hearInputs(scenario, READERS);
  return { scenario, heard, expected: JSON.parse(readFileSync(file, 'utf8')) as Told['expected'] };
}

/** @param batch events that are stored together. */
function group({ scenario, heard }: Told, arrivals: readonly Event[], batch = 1): Grouping {
  const correlator = createCorrelator(scenario.inventory.sources);
  try {
    for (let at = 0; at < arrivals.length; at += batch) correlator.add(...arrivals.slice(at, at + batch));
    return describeGroups(heard, correlator.facts());
  } finally {
    correlator.close();
  }
}

/** What differs from the scenario: groups are told apart by their members, and there may be no others. */
function faultsOf({ expected }: Told, { groups, links }: Grouping): string[] {
  const same = (a: readonly number[], b: readonly number[]) => JSON.stringify(a) === JSON.stringify(b);
  const found = new Map<string, number>();
  const faults = expected.groups.flatMap(({ id, key: _, parent: _parent, ...wanted }) => {
    const index = groups.findIndex(
      (candidate, at) =>
        same(candidate.members, wanted.members) &&
        candidate.type === wanted['type'] &&
        ![...found.values()].includes(at),
    );
    const actual = groups[index];
    if (actual === undefined)
      return [`no group ${id} of ${String(wanted['type'])} ${JSON.stringify(wanted.members)}`];
    found.set(id, index);
    return subsetDifference(wanted, actual, id);
  });
  for (const { id, parent } of expected.groups)
    if (parent !== undefined && groups[found.get(id) ?? -1]?.parent !== found.get(parent))
      faults.push(`${id} is no part of ${parent}`);
  const nameOf = (index: number) => [...found].find(([, at]) => at === index)?.[0] ?? `group ${index}`;
  groups.forEach(({ type, members }, index) => {
    if (![...found.values()].includes(index))
      faults.push(`nobody expected ${type} ${JSON.stringify(members)}`);
  });
  const [wanted, actual] = [
    expected.links.map((link) => link.join(' ')).sort(),
    links.map(([from, relation, to]) => `${nameOf(from)} ${relation} ${nameOf(to)}`).sort(),
  ];
  if (wanted.join() !== actual.join())
    faults.push(`links: expected ${wanted.join(', ')}; got ${actual.join(', ')}`);
  return faults;
}

describe.each(SCENARIOS)('scenario $name', ({ file, orders }) => {
  let told: Told;
  beforeAll(async () => {
    told = await tell(file);
  });

  it('gives the expected groups and links in the order given', () => {
    expect(faultsOf(told, group(told, told.heard.flat()))).toEqual([]);
  });

  it('gives them in any order of arrival, and with every input twice', () => {
    const events = told.heard.flat();
    // Numbers, for a counterexample of whole events is read by nobody.
    const order = fc.shuffledSubarray([...events.keys()], { minLength: events.length });
    const arrivals = (numbers: readonly number[]) => numbers.flatMap((number) => events[number] ?? []);
    fc.assert(
      fc.property(order, order, fc.integer({ min: 1, max: 5 }), (once, again, batch) => {
        expect(faultsOf(told, group(told, arrivals(once), batch))).toEqual([]);
        const doubled = again.flatMap((number, at) => [number, once[at] ?? number]);
        expect(faultsOf(told, group(told, arrivals(doubled), batch))).toEqual([]);
      }),
      { numRuns: orders },
    );
  }, 600_000);
});
