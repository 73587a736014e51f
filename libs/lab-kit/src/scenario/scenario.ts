/** Placeholder until scenarios stand. */
export interface Scenario {
  readonly name: string;
}
export function loadScenario(name: string): Scenario {
  return { name };
}
