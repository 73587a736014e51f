import { RAW_MAX_BYTES } from '@proxmox-mcp/schemas';
import * as fc from 'fast-check';
import { keepInput } from './keep-input.ts';

const bytesOf = ({ body, encoding }: ReturnType<typeof keepInput>) => Buffer.from(body, encoding);

it('keeps text as text and other bytes as they are', () => {
  expect(keepInput('Grüße')).toEqual({ body: 'Grüße', encoding: 'utf8', truncated: false });
  expect(keepInput(Buffer.from('Grüße'))).toEqual({ body: 'Grüße', encoding: 'utf8', truncated: false });
  const odd = Buffer.from([0x3c, 0x33, 0x3e, 0xff, 0x00, 0xfe]);
  const kept = keepInput(odd);
  expect(kept).toMatchObject({ encoding: 'base64', truncated: false });
  expect(bytesOf(kept)).toEqual(odd);
});

it('never keeps more than 64 KiB, cuts between characters, and says so', () => {
  const inputs = fc.tuple(
    fc.constantFrom('a', 'é', '€', '😀', '\u0000'),
    fc.integer({ min: RAW_MAX_BYTES - 40, max: RAW_MAX_BYTES + 40 }),
    fc.boolean(),
  );
  fc.assert(
    fc.property(inputs, ([char, chars, asBytes]) => {
      const text = char.repeat(chars);
      const raw = asBytes ? Buffer.from(text) : text;
      const kept = keepInput(raw);
      expect(kept.encoding).toBe('utf8');
      expect(Buffer.byteLength(kept.body)).toBeLessThanOrEqual(RAW_MAX_BYTES);
      expect(text.startsWith(kept.body)).toBe(true);
      expect(kept.truncated).toBe(kept.body.length < text.length);
      if (kept.truncated) expect(RAW_MAX_BYTES - Buffer.byteLength(kept.body)).toBeLessThan(4);
    }),
    { numRuns: 60 },
  );
});

it.each([
  ['text', (text: string) => text],
  ['bytes', (text: string) => Buffer.from(text)],
  ['bytes that are no text', (text: string) => Buffer.concat([Buffer.from([0xff]), Buffer.from(text)])],
])('takes a secret out of %s, also where the limit would cut it in half', (_what, make) => {
  const secret = 'Authorization: Bearer abcdefghijklmnopqrstuvwxyz';
  for (const room of [0, 20, 30, 40, 60]) {
    const kept = keepInput(make(`${' '.repeat(RAW_MAX_BYTES - room)}${secret} ${'x'.repeat(100)}`));
    expect(bytesOf(kept).toString('latin1')).not.toContain('abc');
    expect(kept.truncated).toBe(true);
  }
});

it('passes on what the adapter knew', () => {
  expect(keepInput('x', { format: 'task-log', context: { upid: 'UPID:a' }, cut: true })).toEqual({
    body: 'x',
    encoding: 'utf8',
    truncated: true,
    format: 'task-log',
    context: { upid: 'UPID:a' },
  });
});
