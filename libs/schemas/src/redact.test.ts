import * as fc from 'fast-check';
import { redact } from './redact.ts';

const UUID = '0b1c2d3e-1111-4222-8333-444455556666';
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJyb290In0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg';
const KEY = `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----`;

it.each([
  ['Authorization: Bearer sesame-open', 'sesame-open'],
  ['{"headers":{"authorization":"Basic cm9vdDpwYXNzd29yZA=="}}', 'cm9vdDpwYXNzd29yZA=='],
  ['curl with Bearer sesame-open', 'sesame-open'],
  [`Authorization: PVEAPIToken=root@pam!mcp=${UUID}`, UUID],
  [`PBSAPIToken=root@pam!mcp:${UUID}`, UUID],
  [`https://pve1:8006/api2/json?PVEAPIToken%3Droot%40pam%21mcp%3D${UUID}`, UUID],
  [`https://pbs:8007/?auth=root@pam!mcp:${UUID}&x=1`, UUID],
  ['PVE:root@pam:65A1B2C3::c2lnbmF0dXJlc2lnbmF0dXJl', 'c2lnbmF0dXJlc2lnbmF0dXJl'],
  ['vncticket=PVEVNC%3A65A1B2C3%3A%3Ac2lnbmF0dXJlc2lnbmF0dXJl', 'c2lnbmF0dXJlc2lnbmF0dXJl'],
  ['Cookie: PVEAuthCookie=abcdef; lang=de', 'abcdef'],
  ['https://mcp.example.net/act/1.acknowledge.inc-1.ntfy.1773450460.n0nce.s1gnature', 's1gnature'],
  ['"Set-Cookie": "sid=s3ss10n; Path=/"', 's3ss10n'],
  ['CSRFPreventionToken: 65A1B2C3:aGVsbG8', 'aGVsbG8'],
  ['X-Gotify-Key: AbCdEf123456789', 'AbCdEf123456789'],
  ['https://gotify.example/message?token=AbCdEf123456789', 'AbCdEf123456789'],
  ['smtp_password = hunter2', 'hunter2'],
  ['{"password":"two words"}', 'two words'],
  [String.raw`{"body":"{\"password\":\"two words\"}"}`, 'two words'],
  ['https://smtp.example/?user=root&secret=hunter2', 'hunter2'],
  ['smtps://alerts:hunter2@mail.example:465', 'hunter2'],
  ['https://discord.com/api/v10/webhooks/123456789012345678/Abc-Def_012', 'Abc-Def_012'],
  ['https://hooks.slack.com/services/T0001/B0001/AbCdEf0123456789', 'AbCdEf0123456789'],
  [
    'https://example.webhook.office.com/webhookb2/0b1c@2d3e/IncomingWebhook/abc/def',
    'IncomingWebhook/abc/def',
  ],
  ['https://chat.example/hooks/abcdefghijklmnopqrstuvwxyz', 'abcdefghijklmnopqrstuvwxyz'],
  [
    'https://api.telegram.org/bot123456789:AAF-abcdefghijklmnopqrstuvwxyz01234/sendMessage',
    'AAF-abcdefghijklmnopqrstuvwxyz01234',
  ],
  ['ntfy wants tk_abcdefghijklmnopqrstuvwxyz012', 'abcdefghijklmnopqrstuvwxyz012'],
  [`session ${JWT} ends`, 'c2lnbmF0dXJlLW9mLXRoZS10b2tlbg'],
  [KEY, 'MIIEowIBAAKCAQEA'],
  ['root:$6$saltsalt$hashhashhashhash:19000:', 'hashhashhashhash'],
  ['pmx_0123456789ab_abcdefghijklmnopqrstuvwxyz', 'abcdefghijklmnopqrstuvwxyz'],
])('takes the secret out of %j', (text, secret) => {
  expect(text).toContain(secret);
  const out = redact(text);
  expect(out).not.toContain(secret);
  expect(out).toContain('***');
  // A second pass over what was kept finds nothing new to hide.
  expect(redact(out)).toBe(out);
});

it.each([
  'end task UPID:pve1:0003A1B2:0A1B2C3D:6A01B2C3:vzdump:104:root@pam!token: OK',
  '{"upid":"UPID:pve1:0003A1B2:0A1B2C3D:6A01B2C3:qmstart:100:mcp@pve!backup-secret:","status":"job errors"}',
  'UPID:pbs1:0003A1B2:0A1B2C3D:00000001:6A01B2C3:backup:store\\x3avm-104:root@pam!password: connection error',
  'VM 104 (web) on local-lvm:vm-104-disk-0, bridge vmbr0, mac BC:24:11:AA:BB:CC',
  'vm/104/2026-11-22T01:00:00Z on datastore main, verify OK',
  'A processor failed: Token has not been received in 2737 ms',
  'authentication failure; rhost=::ffff:192.0.2.7 user=root@pam msg=no such user',
  'basic troubleshooting and bearer of news',
  'https://pve1.example:8006/#v1:0:=qemu/104:4:::::',
])('leaves %j alone', (text) => {
  expect(redact(text)).toBe(text);
});

const SEEDS = [
  'token=',
  'token:"',
  '!token',
  'password\\"',
  'eyJ',
  'eyJ-a.',
  'PVE:',
  'PVE%3A',
  'x-token',
  'x-',
  '://a:',
  '@a!b=',
  '-----BEGIN PRIVATE KEY-----',
  'Basic a',
  'Cookie: ',
  'Authorization: ',
  '1234567:AA',
  '$6$a',
  '\\\\',
  ' ',
  'a',
  '0b1c2d3e-1111',
];

it('takes time in proportion to the input, whatever the input', () => {
  const texts = fc
    .array(fc.constantFrom(...SEEDS), { minLength: 1, maxLength: 6 })
    .map((pieces) => pieces.join('').repeat(20_000).slice(0, 262_144));
  // Some milliseconds each. A pattern that is not linear takes minutes for one of these: the test's own time limit finds it.
  fc.assert(
    fc.property(texts, (text) => {
      redact(text);
    }),
    { numRuns: 60 },
  );
});
