import type { PbsCall } from './call.ts';

/** What PBS's schema says of one parameter. */
export interface ParameterRule {
  readonly required?: true;
  readonly list?: true;
  readonly flag?: true;
  readonly oneOf?: readonly string[];
  readonly pattern?: RegExp;
  /** Characters, at least and at most. */
  readonly length?: readonly [number, number];
}
export type ParameterRules = Readonly<Record<string, ParameterRule>>;

const YES_NO = /^(?:1|on|yes|true|0|off|no|false)$/i;

/** Checks parameters as proxmox-schema does, and gives each as a list of its values. @throws {PbsError} 400 naming every fault. */
export function verifiedParameters(call: PbsCall, rules: ParameterRules): Record<string, readonly string[]> {
  const given: Record<string, readonly string[]> = {};
  const faults: [string, string][] = [];
  for (const [name, value] of Object.entries(call.parameters)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    const values = typeof value === 'string' ? [value] : Array.isArray(value) ? value : undefined;
    if (rule === undefined) faults.push([name, 'schema does not allow additional properties.']);
    else if (values === undefined || (values.length > 1 && rule.list !== true))
      faults.push([name, 'Expected simple value.']);
    else {
      const fault = values.map((one) => faultOf(one, rule)).find((text) => text !== undefined);
      if (fault !== undefined) faults.push([name, fault]);
      given[name] = values;
    }
  }
  for (const [name, rule] of Object.entries(rules))
    if (rule.required === true && given[name] === undefined && call.path[name] === undefined)
      faults.push([name, 'parameter is missing and it is not optional.']);
  if (faults.length > 0) throw call.fail(400, wording(faults));
  return given;
}

function faultOf(value: string, rule: ParameterRule): string | undefined {
  const [min, max] = rule.length ?? [0, Infinity];
  if (value.length < min) return `value must be at least ${min} characters long`;
  if (value.length > max) return `value may only be ${max} characters long`;
  if (rule.pattern?.test(value) === false) return 'value does not match the regex pattern';
  if (rule.oneOf?.includes(value) === false) return `value '${value}' is not defined in the enumeration.`;
  return rule.flag === true && !YES_NO.test(value) ? 'Expected boolean value.' : undefined;
}

function wording(faults: readonly (readonly [string, string])[]): string {
  const [first] = faults;
  if (faults.length === 1 && first !== undefined)
    return `parameter verification failed - '${first[0]}': ${first[1]}`;
  return `parameter verification errors\n\n${faults.map(([name, text]) => `parameter '${name}': ${text}\n`).join('')}`;
}
