import { fileURLToPath } from 'node:url';
import { expectSubset, loadTestCases, loadTestInventory } from '@proxmox-mcp/proxmox-events/testing';
import { normalizeInput } from './normalize-input.ts';

const ROOT = fileURLToPath(new URL('../testcases', import.meta.url));
const inventory = loadTestInventory(ROOT);
const receivedAt = Date.parse('2026-03-20T12:00:00Z');

function read(text: string, context: Record<string, unknown> = {}) {
  return normalizeInput(Buffer.from(text, 'utf8'), { inventory, receivedAt, context });
}

describe('normalizeInput', () => {
  it.each(loadTestCases('syslog', ROOT))('reads $name as expected', ({ raw, expected, context }) => {
    expectSubset(expected, normalizeInput(raw, { inventory, receivedAt, ...(context && { context }) }));
  });

  it('never splits a datagram at a line feed inside it', () => {
    const forged =
      "<30>Mar 14 18:00:00 pve1 pvedaemon[1]: <root@pam> successful auth for user 'a'\n<29>Mar 14 18:00:00 pve1 pmxcfs[1]: [status] notice: node lost quorum";
    const result = read(forged, { datagrams: 1 });
    expect(result).toMatchObject({ events: [{ type: 'auth.login.succeeded' }] });
  });

  it.each([
    ['<30>Mar 14 18:00:00 stranger kernel: x', 'unknown-host'],
    ['<30>Mar 14 18:00:00 pve1.evil.example pmxcfs[1]: [status] notice: node lost quorum', 'unknown-host'],
    ['<192>Mar 14 18:00:00 pve1 x: y', 'bad-pri'],
    ['<-1>Mar 14 18:00:00 pve1 x: y', 'bad-pri'],
    ['hello', 'bad-header'],
    ['<30>1 2026-03-14T00:00:00Z pve1 x 1 - [open x="', 'bad-header'],
    ['\u0000', 'empty'],
  ])('refuses %j', (line, reason) => {
    expect(read(line, { datagrams: 1 })).toMatchObject({ reject: true, reason });
  });

  it('gives a year to a stamp that has none, by the clock of the host', () => {
    const at = (now: string, stamp: string) => {
      const line = `<29>${stamp} hv-a1 pmxcfs[1]: [status] notice: node lost quorum`;
      const result = normalizeInput(Buffer.from(line), { inventory, receivedAt: Date.parse(now) });
      if (!('events' in result)) throw new Error(JSON.stringify(result));
      return new Date((result.events[0]?.occurredAtGuess ?? 0) * 1000).toISOString();
    };
    // hv-a1 is in Chicago, six hours behind in winter and five in summer.
    expect(at('2027-01-01T00:00:05Z', 'Dec 31 18:00:00')).toBe('2027-01-01T00:00:00.000Z');
    expect(at('2027-01-01T12:00:00Z', 'Dec 31 23:59:59')).toBe('2027-01-01T05:59:59.000Z');
    expect(at('2027-01-02T12:00:00Z', 'Dec 31 10:00:00')).toBe('2026-12-31T16:00:00.000Z');
    expect(at('2026-07-01T12:00:00Z', 'Jul  1 06:00:00')).toBe('2026-07-01T11:00:00.000Z');
    expect(at('2026-03-01T12:00:00Z', 'Feb 29 06:00:00')).not.toContain('2026');
    // On 1 November 2026 its clock shows the hour from one to two twice.
    expect(at('2026-11-01T06:30:05Z', 'Nov  1 01:30:00')).toBe('2026-11-01T06:30:00.000Z');
    expect(at('2026-11-01T07:30:05Z', 'Nov  1 01:30:00')).toBe('2026-11-01T07:30:00.000Z');
    expect(at('2026-11-01T09:00:00Z', 'Nov  1 02:30:00')).toBe('2026-11-01T08:30:00.000Z');
  });

  it('tells of a kill for memory whose second line got lost', () => {
    const line =
      '<6>Mar 14 16:00:01 pve3 kernel: oom-kill:constraint=CONSTRAINT_NONE,global_oom,task_memcg=/qemu.slice/104.scope,task=kvm,pid=9,uid=0';
    expect(read(line)).toMatchObject({ events: [{ type: 'guest.oom.killed', guest: { vmid: 104 } }] });
  });
});
