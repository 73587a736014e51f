import fc from 'fast-check';

/** One change of an input. Places are ratios, so that they fit an input of any length. */
export type Mutation =
  | { readonly kind: 'overwrite' | 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | {
      readonly kind: 'remove' | 'repeat';
      readonly at: number;
      readonly length: number;
      readonly times: number;
    }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'splice'; readonly at: number; readonly from: number; readonly other: number };

/** Words that the formats turn on, and classics of hostile input. */
const WORDS = [
  'UPID:pve1:0003A1F2:0A5C11D3:69B4B314:vzdump::root@pam:',
  'UPID:pbs1:0000035F:00000A1B:00000030:69B4EB50:syncjob:a\\x3ab:root@pam:',
  'TASK OK',
  'TASK ERROR: ',
  'TASK WARNINGS: 99999999999999999999',
  'INFO: Starting Backup of VM 101 (qemu)\n',
  'ERROR: Backup of VM 104 failed - ',
  '"__proto__":{"x":1},',
  '"constructor":{"prototype":{}},',
  '{"a":'.repeat(40),
  '['.repeat(400),
  '%s%n{{title}}${x}',
  '\r\nBcc: a@example.net\r\n',
  'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  '=?utf-8?B?4pqg?=',
  '<script>alert(1)</script>',
  '999999999999999999999999',
  '-1',
  '1e308',
  '\u0000',
  '\u001b[2J',
  '\ufeff',
  '\u202e',
  '#012',
  '<0>1 - - - - - -',
  '<192>',
  '99999999 <30>',
  ' '.repeat(3_000),
  'a'.repeat(3_000),
  '(((((((((a'.repeat(100),
  '1970-01-01T00:00:00Z',
  '9999-12-31T23:59:59+14:00',
].map((word) => Buffer.from(word, 'utf8'));

const place = fc.double({ min: 0, max: 1, noNaN: true });
const bytes = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Uint8Array>(...WORDS) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 12 }) },
);

/** A few mutations of one input. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('overwrite' as const, 'insert' as const), at: place, bytes }),
    fc.record({
      kind: fc.constantFrom('remove' as const, 'repeat' as const),
      at: place,
      length: fc.integer({ min: 1, max: 300 }),
      times: fc.integer({ min: 1, max: 60 }),
    }),
    fc.record({ kind: fc.constant('cut' as const), at: place }),
    fc.record({ kind: fc.constant('splice' as const), at: place, from: place, other: fc.nat(10_000) }),
  ),
  { minLength: 1, maxLength: 5 },
);

/** The input after its mutations. Never much longer than what it began with: each adds at most some kilobytes. */
export function mutate(
  input: Buffer,
  steps: readonly Mutation[],
  others: readonly { readonly raw: Buffer }[],
): Buffer {
  return steps.reduce((raw, step) => apply(raw, step, others), input);
}

function apply(raw: Buffer, step: Mutation, others: readonly { readonly raw: Buffer }[]): Buffer {
  const at = Math.floor(step.at * raw.length);
  const [head, tail] = [raw.subarray(0, at), raw.subarray(at)];
  switch (step.kind) {
    case 'insert':
      return Buffer.concat([head, step.bytes, tail]);
    case 'overwrite':
      return Buffer.concat([head, step.bytes, tail.subarray(step.bytes.length)]);
    case 'remove':
      return Buffer.concat([head, tail.subarray(step.length)]);
    case 'repeat':
      return Buffer.concat([head, ...Array<Buffer>(step.times).fill(tail.subarray(0, step.length)), tail]);
    case 'cut':
      return Buffer.from(head);
    case 'splice': {
      const other = others[step.other % others.length]?.raw ?? raw;
      return Buffer.concat([head, other.subarray(Math.floor(step.from * other.length))]);
    }
  }
}
