import type { NormalizeResult } from '@proxmox-mcp/schemas';

/**
 * Where `actual` does not hold what `expected` says, one line per place; empty when it holds. Objects are compared as
 * subsets, deeply: extra keys in `actual` are fine. Arrays must have the same length and are compared element by element.
 */
export function subsetDifference(expected: unknown, actual: unknown, path = '$'): string[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [`${path}: expected a list, got ${show(actual)}`];
    if (actual.length !== expected.length)
      return [`${path}: expected ${expected.length} elements, got ${actual.length}: ${show(actual)}`];
    return expected.flatMap((item, i) => subsetDifference(item, actual[i], `${path}[${i}]`));
  }
  if (isObject(expected)) {
    if (!isObject(actual)) return [`${path}: expected an object, got ${show(actual)}`];
    return Object.entries(expected).flatMap(([key, value]) =>
      Object.hasOwn(actual, key)
        ? subsetDifference(value, actual[key], `${path}.${key}`)
        : [`${path}.${key}: expected ${show(value)}, is missing`],
    );
  }
  return Object.is(expected, actual) ? [] : [`${path}: expected ${show(expected)}, got ${show(actual)}`];
}

/**
 * Like `subsetDifference`, for the whole answer of a normalizer against the forms an `.expected.json` can have: one bare
 * event, `events`, `ignore`, `reject`, `api_error`, and the keys beside them. Words of `reason` and `note` are not compared.
 */
export function resultDifference(expected: unknown, result: NormalizeResult): string[] {
  if (!isObject(expected)) return [`expected file is not an object: ${show(expected)}`];
  if ('type' in expected) return subsetDifference({ events: [expected] }, result);
  const wanted = Object.fromEntries(
    Object.entries(expected).filter(([key]) => key !== 'reason' && key !== 'note'),
  );
  return subsetDifference(wanted, result);
}

/**
 * Passes when `result` holds what `expected` says by the rule of `resultDifference`.
 *
 * @throws {Error} naming every difference and the whole result.
 */
export function expectSubset(expected: unknown, result: NormalizeResult): void {
  const differences = resultDifference(expected, result);
  if (differences.length > 0)
    throw new Error(`${differences.join('\n')}\nwhole result: ${JSON.stringify(result, null, 1)}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 300);
}
