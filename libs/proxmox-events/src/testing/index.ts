export { expectSubset, resultDifference, subsetDifference } from './subset.ts';
export { loadTestCases, loadTestInventory } from './test-cases.ts';
export type { TestCase } from './test-cases.ts';
