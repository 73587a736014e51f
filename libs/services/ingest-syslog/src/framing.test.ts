import fc from 'fast-check';
import { createFramer } from './framing.ts';

function cut(chunks: readonly (Buffer | string)[]) {
  const framer = createFramer();
  const frames = chunks.flatMap((chunk) => framer.push(Buffer.from(chunk)));
  frames.push(...framer.end());
  return { frames: frames.map(({ bytes }) => bytes.toString()), all: frames, fault: framer.fault };
}

function bytewise(text: string): Buffer[] {
  return Array.from(Buffer.from(text), (byte) => Buffer.from([byte]));
}

describe('createFramer', () => {
  it.each([
    ['lines', '<1>a\n<2>b\n', ['<1>a', '<2>b']],
    ['CRLF and NUL', '<1>a\r\n<2>b\0<3>c', ['<1>a', '<2>b', '<3>c']],
    ['empty lines', '\n\n<1>a\n\n', ['<1>a']],
    ['counted frames', '4 <1>a6 <2>b\nc', ['<1>a', '<2>b\nc']],
    ['counted frames ended by line feeds', '4 <1>a\n4 <2>b\n', ['<1>a', '<2>b']],
    ['lines that begin with a date', '2026-03-14T00:00:00Z pve1 a: b\n', ['2026-03-14T00:00:00Z pve1 a: b']],
  ])('cuts %s, whole or byte by byte', (_, stream, expected) => {
    expect(cut([stream])).toMatchObject({ frames: expected, fault: undefined });
    expect(cut(bytewise(stream))).toMatchObject({ frames: expected, fault: undefined });
  });

  it.each([
    ['99999999999999999999 <30>x', 'frame-too-large'],
    ['1048577 <30>x', 'frame-too-large'],
    ['4 <1>aGET / HTTP/1.1', 'bad-frame'],
  ])('gives up on %s', (stream, fault) => {
    expect(cut([stream]).fault).toBe(fault);
    expect(cut(bytewise(stream)).fault).toBe(fault);
  });

  it('skips a line that is too long, says so once, and goes on after it', () => {
    const chunk = Buffer.alloc(10_000, 'B');
    const { all, frames } = cut(['<1>', ...Array<Buffer>(30).fill(chunk), '\n<2>b\n']);
    expect(all.map(({ oversize }) => oversize)).toEqual([true, false]);
    expect(frames[1]).toBe('<2>b');
    expect(cut([`70000 ${'x'.repeat(70_000)}4 <2>b`]).all.map(({ oversize }) => oversize)).toEqual([
      true,
      false,
    ]);
  });

  it.each([
    ['a line without end', '<1>'],
    ['a counted frame of the largest size', '1048576 <1>'],
  ])('holds no more than a message and a fragment of %s', (_, head) => {
    const framer = createFramer();
    const part = Buffer.alloc(60_000, 'B');
    framer.push(Buffer.from(head));
    const before = process.memoryUsage().arrayBuffers;
    for (let sent = 0; sent < 1_000_000; sent += part.length) framer.push(part);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(400_000);
    expect({ fault: framer.fault, pending: framer.isPending }).toEqual({ fault: undefined, pending: true });
  });

  it('cuts the same messages whatever the fragments are', () => {
    const message = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !/^\d|[\r\n\0]/.test(text));
    const sizes = fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.array(message), sizes, fc.boolean(), (messages, cuts, counted) => {
        const encoded = messages.filter((text) => text !== '').map((text) => `<1>${text}`);
        const stream = Buffer.from(
          encoded.map((text) => (counted ? `${Buffer.byteLength(text)} ${text}` : `${text}\n`)).join(''),
        );
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; at += cuts[i++ % cuts.length] ?? 1) {
          chunks.push(stream.subarray(at, at + (cuts[i % cuts.length] ?? 1)));
        }
        expect(cut(chunks).frames).toEqual(cut([stream]).frames);
        expect(cut([stream]).frames).toHaveLength(encoded.length);
      }),
      { numRuns: 200 },
    );
  });
});
