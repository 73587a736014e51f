import { openTestBus } from '@proxmox-mcp/bus/testing';
import { type Act, actSecret, readAct, signAct } from './act-link.ts';

const SECRET = Buffer.alloc(32, 7);
const NOW = Date.parse('2026-03-14T01:07:36.000Z');
const act: Act = {
  op: 'silence',
  incidentId: 'inc-1_a',
  channel: 'ntfy',
  expiresAt: NOW + 60_000,
  nonce: 'n0nce',
};

it('reads what it wrote, until it expires', () => {
  const token = signAct(SECRET, act);
  expect(encodeURIComponent(token)).toBe(token);
  expect(readAct(SECRET, token, NOW)).toEqual(act);
  expect(readAct(SECRET, token, NOW + 59_999)).toEqual(act);
  expect(readAct(SECRET, token, NOW + 60_000)).toBe('expired');
});

it('refuses every token with one character changed, cut or added, and those of another secret', () => {
  const token = signAct(SECRET, act);
  for (let index = 0; index < token.length; index++) {
    const other = token[index] === 'x' ? 'y' : 'x';
    // The last character of 43 holds two bits that nobody reads.
    if (index === token.length - 1) continue;
    expect(readAct(SECRET, token.slice(0, index) + other + token.slice(index + 1), NOW)).toBe('forged');
    expect(readAct(SECRET, token.slice(0, index), NOW)).toBe('forged');
  }
  expect(readAct(SECRET, `${token}x`, NOW)).toBe('forged');
  expect(readAct(Buffer.alloc(32, 8), token, NOW)).toBe('forged');
  expect(readAct(SECRET, '1.'.repeat(1_000_000), NOW)).toBe('forged');
});

it('gives everybody on the bus one secret, also after a restart', async () => {
  const test = await openTestBus();
  try {
    const [one, two] = await Promise.all([actSecret(test.bus), actSecret(test.bus)]);
    expect(one).toHaveLength(32);
    expect(two).toEqual(one);
    expect(await actSecret(test.bus)).toEqual(one);
  } finally {
    await test.close();
  }
});
