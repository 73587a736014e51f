import { ScenarioError } from './scenario.ts';

/** Reads one step's arguments and remembers which were asked for, so that misspelt ones are found. */
export class StepArguments {
  readonly #where: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #asked = new Set<string>();

  constructor(where: string, values: Readonly<Record<string, unknown>>) {
    this.#where = where;
    this.#values = values;
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) throw new ScenarioError(`${this.#where}: ${name} is missing`);
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.#take(name);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    throw new ScenarioError(`${this.#where}: ${name} is not a text`);
  }

  number(name: string): number {
    const value = this.optionalNumber(name);
    if (value === undefined) throw new ScenarioError(`${this.#where}: ${name} is missing`);
    return value;
  }

  optionalNumber(name: string): number | undefined {
    const value = this.#take(name);
    if (value === undefined || typeof value === 'number') return value;
    throw new ScenarioError(`${this.#where}: ${name} is not a number`);
  }

  flag(name: string): boolean | undefined {
    const value = this.#take(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw new ScenarioError(`${this.#where}: ${name} is not true or false`);
  }

  numbers(name: string): number[] | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((v) => typeof v === 'number')) return value;
    throw new ScenarioError(`${this.#where}: ${name} is not a list of numbers`);
  }

  /** @throws {ScenarioError} naming arguments that nothing asked for. */
  finish(): void {
    const unknown = Object.keys(this.#values).filter((k) => !this.#asked.has(k));
    if (unknown.length > 0) throw new ScenarioError(`${this.#where}: nobody reads ${unknown.join(', ')}`);
  }

  #take(name: string): unknown {
    this.#asked.add(name);
    return this.#values[name] ?? undefined;
  }
}
