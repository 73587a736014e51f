import type { RawParameter, RawParameters } from '../http/parameters.ts';
import { parameterError } from './api-error.ts';
import type { MethodSchema, ParameterSchema } from './schema.ts';

const UNKNOWN = 'property is not defined in schema and the schema does not allow additional properties';
const TASK_STATES = new Set(['ok', 'error', 'warning', 'unknown']);

/** Checks parameters as PVE::JSONSchema does. @throws {ApiError} 400, naming every bad parameter. */
export function verifyParameters(schema: MethodSchema, parameters: RawParameters): void {
  const errors: Record<string, string> = {};
  const known = schema.p ?? {};
  for (const [name, value] of Object.entries(parameters)) {
    const wanted = known[name] ?? indexed(known, name);
    if (wanted === undefined) {
      if (schema.any !== 1) errors[name] = UNKNOWN;
      continue;
    }
    const list = Array.isArray(value) && wanted.t === 'array' ? value : undefined;
    if (list !== undefined) {
      for (const [i, item] of list.entries()) {
        const problem = checkType(wanted.i, item);
        if (problem !== undefined) errors[`${name}[${i}]`] = problem;
      }
    } else if (wanted.t === 'array' && typeof value === 'string') {
      const problem = checkType(wanted.i, value);
      if (problem !== undefined) errors[`${name}[0]`] = problem;
    } else {
      const problem = checkValue(wanted, value);
      if (problem !== undefined) errors[name] = problem;
    }
  }
  for (const [name, wanted] of Object.entries(known)) {
    if (wanted.o !== 1 && parameters[name] === undefined)
      errors[name] = 'property is missing and it is not optional';
  }
  if (Object.keys(errors).length > 0) throw parameterError(errors);
}

/** `net0` is described as `net[n]`. */
function indexed(
  known: Readonly<Record<string, ParameterSchema>>,
  name: string,
): ParameterSchema | undefined {
  const match = /^([a-z]+)\d{1,3}$/.exec(name);
  return match?.[1] === undefined ? undefined : known[`${match[1]}[n]`];
}

function checkType(type: string | undefined, value: string): string | undefined {
  const wrong = `type check ('${type ?? 'string'}') failed - got '${value}'`;
  if (type === 'integer') return /^[+-]?\d+$/.test(value) ? undefined : wrong;
  if (type === 'number') return /^[+-]?\d+(\.\d+)?$/.test(value) ? undefined : wrong;
  if (type === 'boolean') return value === '0' || value === '1' ? undefined : wrong;
  return undefined;
}

function checkValue(schema: ParameterSchema, value: RawParameter): string | undefined {
  const type = schema.t ?? 'string';
  if (Array.isArray(value)) {
    // A list is taken for a text where PVE would split one: `delete`, `vms`.
    return type === 'string' ? undefined : `type check ('${type}') failed - got ARRAY`;
  }
  if (typeof value !== 'string') return `type check ('${type}') failed - got HASH`;
  const wrongType = checkType(schema.t, value);
  if (wrongType !== undefined) return wrongType;
  if (schema.f !== undefined) {
    const wrongFormat = checkFormat(schema.f, value);
    if (wrongFormat !== undefined) return wrongFormat;
  }
  if (schema.e !== undefined && !schema.e.includes(value)) {
    return `value '${value}' does not have a value in the enumeration '${schema.e.join(', ')}'`;
  }
  if (schema.t === 'integer' || schema.t === 'number') {
    if (schema.min !== undefined && Number(value) < schema.min)
      return `value must have a minimum value of ${schema.min}`;
    if (schema.max !== undefined && Number(value) > schema.max)
      return `value must have a maximum value of ${schema.max}`;
  }
  if (schema.nl !== undefined && value.length < schema.nl)
    return `value must be at least ${schema.nl} characters long`;
  if (schema.xl !== undefined && value.length > schema.xl)
    return `value may only be ${schema.xl} characters long`;
  return undefined;
}

function checkFormat(format: string, value: string): string | undefined {
  const isVmid = (text: string) => /^[1-9]\d{2,8}$/.test(text);
  if (format === 'pve-vmid' && !isVmid(value))
    return 'invalid format - value does not look like a valid VM ID\n';
  if (format === 'pve-vmid-list' && !value.split(/[,; ]+/).every((v) => v === '' || isVmid(v))) {
    return 'invalid format - value does not look like a valid VM ID\n';
  }
  if (format === 'pve-configid' && !/^[a-z][a-z0-9_-]+$/i.test(value))
    return `invalid format - invalid configuration ID '${value}'\n`;
  if (format === 'pve-node' && !/^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/.test(value)) {
    return `invalid format - value does not look like a valid node name\n`;
  }
  if (format === 'pve-task-status-type-list') {
    const bad = value.split(/[,; ]+/).find((s) => s !== '' && !TASK_STATES.has(s));
    if (bad !== undefined) return `invalid format - invalid status '${bad}'\n`;
  }
  return undefined;
}
