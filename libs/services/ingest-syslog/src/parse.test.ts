import fc from 'fast-check';
import { parseMessage } from './parse.ts';

function parse(text: string, format?: Parameters<typeof parseMessage>[1]) {
  return parseMessage(Buffer.from(text), format);
}

describe('parseMessage', () => {
  it('takes the three header forms apart', () => {
    expect(parse('<27>Mar  4 02:07:31 pve1 pvedaemon[1203]: a: b')).toEqual({
      facility: 3,
      level: 3,
      stamp: { kind: 'local', month: 3, day: 4, hour: 2, minute: 7, second: 31 },
      host: 'pve1',
      tag: 'pvedaemon',
      pid: 1203,
      message: 'a: b',
    });
    expect(parse('2026-03-14T14:29:10.551020+01:00 pve2 kernel: [1.2] x')).toEqual({
      stamp: { kind: 'absolute', epochMs: Date.parse('2026-03-14T13:29:10.551Z'), isExact: true },
      host: 'pve2',
      tag: 'kernel',
      message: '[1.2] x',
    });
    expect(parse('<30>1 - h app 7 ID [a b="\\"]"][c]  \uFEFFx')).toMatchObject({
      stamp: { kind: 'none' },
      host: 'h',
      tag: 'app',
      pid: 7,
    });
  });

  it('takes no word for a tag that no colon ends', () => {
    expect(parse('<27>Mar 14 02:07:31 pve1 pvedaemon <root@pam> x')).toMatchObject({ tag: '' });
  });

  it('reads a tag that rsyslog cut at 32 characters', () => {
    const cut = 'proxmox-backup-proxy-of-host[123';
    expect(parse(`<30>Mar 14 02:07:31 pbs1 ${cut} hello`)).toMatchObject({
      tag: 'proxmox-backup-proxy-of-host',
      message: 'hello',
    });
  });

  it('reads only the format it was told to', () => {
    expect(parse('<27>Mar 14 02:07:31 pve1 a: b', 'rfc5424')).toEqual({ reject: 'bad-header' });
    expect(parse('<30>1 - h app 7 ID - x', 'rfc3164')).toEqual({ reject: 'bad-header' });
    expect(parse('<27>Mar 14 02:07:31 pve1 a: b', 'proxmox')).toMatchObject({ tag: 'a' });
  });

  it('answers any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('', '<30>', '<30>1 ', 'Mar 14 02:07:31 '),
        (bytes, head) => {
          const parsed = parseMessage(Buffer.concat([Buffer.from(head), bytes]));
          return 'reject' in parsed || typeof parsed.message === 'string';
        },
      ),
    );
  });

  it('stays quick on the longest hostile headers', () => {
    // A pattern that backtracks would run into the time limit of the test.
    for (const unit of ['[', '[a="', ' ', '\\', '-', ']', '<']) {
      expect(parse(`<30>1 - h a - - ${unit.repeat(65_000)}`)).toBeDefined();
      expect(parse(`<30>Mar 14 02:07:31 ${unit.repeat(65_000)}`)).toBeDefined();
    }
  });
});
