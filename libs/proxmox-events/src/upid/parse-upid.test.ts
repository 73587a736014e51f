import fc from 'fast-check';
import { parseUpid, unescapeUnit } from './parse-upid.ts';

describe('parseUpid', () => {
  it('reads the eight fields of PVE and splits the token off the user', () => {
    expect(parseUpid('UPID:pve2:0000B2C3:101AA0000:69B51904:qmstart:104:ops@pve!mcp:')).toMatchObject({
      product: 'pve',
      node: 'pve2',
      pid: 0xb2c3,
      starttime: 0x69b51904,
      type: 'qmstart',
      id: '104',
      user: 'ops@pve',
      tokenid: 'mcp',
    });
  });

  it('reads the nine fields of PBS and unescapes the worker id', () => {
    const upid = parseUpid(
      'UPID:pbs1:0000035F:00000A1B:00000010:69B4B315:backup:tank\\x2dmain\\x3avm-101:root@pam:',
    );
    expect(upid).toMatchObject({ product: 'pbs', taskId: 16, id: 'tank-main:vm/101', user: 'root@pam' });
  });

  it.each([
    'UPID:../../etc:0000A001:0A650000:65A1B2C3:vzdump::root@pam:',
    'UPID:pve1:0000A001:0A650000:65A1B2C3:vzdump:a/b:root@pam:',
    'UPID:pve1:0000A001:0A650000:65A1B2C3:vz dump::root@pam:',
    'UPID:pve1:0000A001:0A650000:65A1B2C3:vzdump::root@pam',
    'UPID:pve1:0000A00:0A650000:65A1B2C3:vzdump::root@pam:',
    'UPID:pve1:0000A001:0A650000:65A1B2C3:vzdump::root@pam:extra:',
    `UPID:pve1:0000A001:0A650000:65A1B2C3:vzdump:${'x'.repeat(600)}:root@pam:`,
    'UPID:pve1:0000A001:0A650000:65A1B2C3:vzdump:a\u0007b:root@pam:',
    42,
    null,
  ])('refuses %j', (text) => {
    expect(parseUpid(text)).toBeUndefined();
  });

  it('never throws, whatever it is given', () => {
    fc.assert(fc.property(fc.string({ maxLength: 600 }), (text) => void parseUpid(`UPID:${text}:`)));
  });
});

describe('unescapeUnit', () => {
  it('turns dashes to slashes before it reads escapes, and decodes UTF-8', () => {
    expect(unescapeUnit('a\\x2db-c\\xc3\\xa4')).toBe('a-b/cä');
  });
  it('leaves an unfinished escape as it is', () => {
    expect(unescapeUnit('a\\x2')).toBe('a\\x2');
  });
});
