import { resultDifference, subsetDifference } from './subset.ts';

describe('subsetDifference', () => {
  it('accepts extra keys at every depth', () => {
    expect(subsetDifference({ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 })).toEqual([]);
  });
  it('names the place of a missing, wrong or null value', () => {
    expect(subsetDifference({ a: 1, b: null }, { a: 2 })).toEqual([
      '$.a: expected 1, got 2',
      '$.b: expected null, is missing',
    ]);
  });
  it('wants arrays of the same length', () => {
    expect(subsetDifference([1], [1, 2])).toHaveLength(1);
    expect(subsetDifference([{ x: 1 }], [{ x: 1, y: 2 }])).toEqual([]);
  });
});

describe('resultDifference', () => {
  const event = { type: 'task.failed', severity: 'error', product: 'pve', facts: {} } as const;
  it('reads a bare event as exactly one event', () => {
    expect(resultDifference({ type: 'task.failed' }, { events: [event] })).toEqual([]);
    expect(resultDifference({ type: 'task.failed' }, { events: [event, event] })).not.toEqual([]);
  });
  it('does not compare the words of a reason', () => {
    expect(resultDifference({ reject: true, reason: 'a' }, { reject: true, reason: 'b' })).toEqual([]);
    expect(resultDifference({ reject: true, reason: 'a' }, { ignore: true, reason: 'a' })).not.toEqual([]);
  });
});
