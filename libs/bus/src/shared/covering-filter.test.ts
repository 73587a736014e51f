import fc from 'fast-check';
import { coveringFilter } from './covering-filter.ts';
import { subjectFilter } from './subject-filter.ts';

describe('a covering filter', () => {
  it.each([
    [['facts.a'], 'facts.a'],
    [['facts.a.up', 'facts.b.up'], 'facts.*.up'],
    [['facts.a', 'facts.b.c'], 'facts.>'],
    [['facts.a.>', 'facts.a.b'], 'facts.a.>'],
    [['facts.*.up', 'facts.a.up'], 'facts.*.up'],
    [['events.syslog.>', 'events.email.>'], 'events.*.>'],
  ])('of %j is %s', (filters, covering) => {
    expect(coveringFilter(filters)).toBe(covering);
  });

  it('takes every subject that one of the filters takes', () => {
    const token = fc.constantFrom('a', 'b', 'c');
    const subject = fc.array(token, { minLength: 1, maxLength: 4 });
    const filter = fc
      .tuple(fc.array(fc.oneof(token, fc.constant('*')), { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([tokens, open]) => ['facts', ...tokens, ...(open ? ['>'] : [])].join('.'));
    fc.assert(
      fc.property(fc.array(filter, { minLength: 1, maxLength: 3 }), subject, (filters, tokens) => {
        const text = ['facts', ...tokens].join('.');
        fc.pre(subjectFilter(filters)(text));
        expect(subjectFilter([coveringFilter(filters)])(text)).toBe(true);
      }),
    );
  });
});
