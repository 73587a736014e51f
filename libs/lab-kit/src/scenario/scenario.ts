import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { parse } from 'yaml';

/** One thing that is done at a time after the scenario's start. */
export interface ScenarioStep {
  /** World milliseconds after the start. */
  readonly atMs: number;
  /** Name of an action; see `actions.ts`. */
  readonly action: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A fact that a product watching the lab must have found. Only the given keys count. */
export interface ExpectedFact {
  /** Final type, as PROXMOX's taxonomy names it. */
  readonly type: string;
  readonly node?: string;
  readonly vmid?: number;
  readonly storage?: string;
  readonly status?: string;
  readonly severity?: string;
}

/** An incident that must have been opened, and whether it must be resolved at the end. */
export interface ExpectedIncident {
  readonly condition: string;
  readonly node?: string;
  readonly vmid?: number;
  readonly storage?: string;
  /** Texts that its cause has to contain. */
  readonly causeContains?: readonly string[];
  readonly resolved?: boolean;
  /** How often it happened; absent: not looked at. */
  readonly occurrences?: number;
}

/** A scripted course of events with its truth. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly steps: readonly ScenarioStep[];
  /** The scenario is over when this long has passed and everything it started has ended. */
  readonly lastsMs: number;
  readonly expected: {
    readonly facts: readonly ExpectedFact[];
    readonly incidents: readonly ExpectedIncident[];
  };
}

/** The scenario's text is wrong; the message names the place. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/** Beside the library in a checkout, beside the file in a bundle. */
function folder(): URL {
  const [checkout, bundle] = [
    new URL('../../scenarios/', import.meta.url),
    new URL('./scenarios/', import.meta.url),
  ];
  return existsSync(bundle) ? bundle : checkout;
}

/** Names of the scenarios that come with the lab. */
export function scenarioNames(): string[] {
  return readdirSync(folder())
    .filter((f) => f.endsWith('.yaml'))
    .map((f) => f.slice(0, -'.yaml'.length))
    .sort();
}

/**
 * Loads a scenario by name, or reads one from YAML text (anything with a line break).
 *
 * @throws {ScenarioError} when it is unknown or wrong.
 */
export function loadScenario(nameOrYaml: string): Scenario {
  if (nameOrYaml.includes('\n')) return readScenario(nameOrYaml, 'scenario');
  if (!/^[a-z0-9-]{1,60}$/.test(nameOrYaml) || !scenarioNames().includes(nameOrYaml)) {
    throw new ScenarioError(`no scenario '${nameOrYaml}'; there are ${scenarioNames().join(', ')}`);
  }
  return readScenario(readFileSync(new URL(`${nameOrYaml}.yaml`, folder()), 'utf8'), nameOrYaml);
}

function readScenario(text: string, fallbackName: string): Scenario {
  const document: unknown = parse(text);
  if (!isRecord(document)) throw new ScenarioError('a scenario is a mapping with `steps`');
  const steps = Array.isArray(document['steps']) ? document['steps'].map(readStep) : [];
  const last = Math.max(0, ...steps.map((s) => s.atMs));
  const expected = isRecord(document['expected']) ? document['expected'] : {};
  return {
    name: typeof document['name'] === 'string' ? document['name'] : fallbackName,
    title: typeof document['title'] === 'string' ? document['title'] : fallbackName,
    steps,
    lastsMs: document['lasts'] === undefined ? last : readSpan(document['lasts'], 'lasts'),
    expected: {
      facts: readList(expected['facts'], 'expected.facts', 'type') as unknown as ExpectedFact[],
      incidents: readList(
        expected['incidents'],
        'expected.incidents',
        'condition',
      ) as unknown as ExpectedIncident[],
    },
  };
}

function readStep(step: unknown, index: number): ScenarioStep {
  if (!isRecord(step)) throw new ScenarioError(`steps[${index}] is not a mapping`);
  const { at, do: action, ...args } = step;
  if (typeof action !== 'string') throw new ScenarioError(`steps[${index}] has no \`do\``);
  return { atMs: readSpan(at ?? 0, `steps[${index}].at`), action, args };
}

function readList(value: unknown, where: string, key: string): Record<string, unknown>[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every((v) => isRecord(v) && typeof v[key] === 'string')) {
    throw new ScenarioError(`${where} is a list of mappings with \`${key}\``);
  }
  return value as Record<string, unknown>[];
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `5s`, `1m30s`, `2h`, or a number of seconds. */
function readSpan(value: unknown, where: string): number {
  if (typeof value === 'number' && value >= 0) return value * 1000;
  if (typeof value === 'string' && /^(\d{1,6}(\.\d{1,3})?(ms|s|m|h)){1,4}$/.test(value)) {
    return [...value.matchAll(/(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h)/g)].reduce(
      (sum, [, n, unit]) => sum + Number(n) * (UNIT_MS[unit ?? 's'] ?? 0),
      0,
    );
  }
  throw new ScenarioError(`${where} is a time such as 5s or 1m30s, not ${JSON.stringify(value)}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
