import { ToolError } from '../tools/tool-error.ts';

/** One condition of a `where` argument. */
interface Condition {
  readonly field: string;
  readonly operator: string;
  readonly value: string;
}

/** Fields a filter may name, and the row keys they stand for. */
const FIELDS: Readonly<Record<string, string>> = {
  cpu: 'cpu_percent',
  mem: 'mem_percent',
  disk: 'disk_percent',
  uptime: 'uptime_s',
  name: 'name',
  node: 'node',
  status: 'status',
  pool: 'pool',
  vmid: 'vmid',
  kind: 'kind',
  lock: 'lock',
  ha: 'ha',
  type: 'type',
};

/**
 * Reads the small filter grammar `cpu>80 and status=running`: conditions joined by `and`; operators `= != > >= < <=`;
 * percentages as numbers 0–100, uptime in seconds.
 *
 * @returns whether a row meets all conditions.
 * @throws {ToolError} `invalid`.
 */
export function parseWhere(where: string | undefined): (row: Readonly<Record<string, unknown>>) => boolean {
  if (where === undefined || where.trim() === '') return () => true;
  const conditions = where.split(/ and /i, 10).map(parseCondition);
  return (row) => conditions.every((condition) => meets(row[FIELDS[condition.field] ?? ''], condition));
}

function parseCondition(text: string): Condition {
  const match = /^([a-z]{1,20}) ?(!=|>=|<=|=|>|<) ?(.{1,100})$/i.exec(text.trim());
  const field = match?.[1]?.toLowerCase() ?? '';
  if (match === null || !Object.hasOwn(FIELDS, field)) {
    throw new ToolError('invalid', 'where is not understood', {
      hint: `write "cpu>80 and status=running"; fields: ${Object.keys(FIELDS).join(', ')}`,
    });
  }
  return {
    field,
    operator: match[2] ?? '=',
    value: (match[3] ?? '')
      .trim()
      .replace(/%$/, '')
      .replace(/^["']|["']$/g, ''),
  };
}

function meets(actual: unknown, { operator, value }: Condition): boolean {
  if (operator === '=' || operator === '!=') {
    const isWord = typeof actual === 'string' || typeof actual === 'number';
    const isEqual = isWord && String(actual).toLowerCase() === value.toLowerCase();
    return isEqual === (operator === '=');
  }
  const wanted = Number(value);
  if (typeof actual !== 'number' || Number.isNaN(wanted)) return false;
  switch (operator) {
    case '>':
      return actual > wanted;
    case '>=':
      return actual >= wanted;
    case '<':
      return actual < wanted;
    default:
      return actual <= wanted;
  }
}
