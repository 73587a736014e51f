import fc from 'fast-check';
import { cutBytes, cutText, oneLine } from './text.ts';

it('cuts to the limit, whole characters only, and marks the cut', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.integer({ min: 4, max: 40 }),
      (text, limit) => {
        expect(cutText(text, limit).length).toBeLessThanOrEqual(limit);
        expect(Buffer.byteLength(cutBytes(text, limit))).toBeLessThanOrEqual(limit);
        expect(cutText(text, limit).isWellFormed()).toBe(true);
        expect(cutBytes(text, limit)).not.toContain('\uFFFD');
        expect(cutText(text, limit) === text || cutText(text, limit).endsWith('…')).toBe(true);
      },
    ),
  );
});

it('makes one line of anything', () => {
  expect(oneLine(' a\r\nb\u0000\u2028c\u202Ed\t e ', 100)).toBe('a b c d e');
});
