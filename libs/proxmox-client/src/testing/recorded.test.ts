import { readdirSync } from 'node:fs';
import { ProxmoxError } from '../error.ts';
import { readRecording } from './recording.ts';
import { useLab } from './use-lab.ts';

const lab = useLab();
const names = readdirSync(new URL('./recorded/', import.meta.url))
  .filter((name) => name.endsWith('.txt'))
  .map((name) => name.slice(0, -4));

describe('every recorded answer', () => {
  it.each(names)('%s is data or a typed refusal with the status and the words of the API', async (name) => {
    const { wire, method, target, statusLine, data } = readRecording(name);
    const [, status, reason = ''] = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(statusLine) ?? [];
    const host = await lab.host();
    host.answer(() => ({ send: wire, thenClose: true }));
    const client = await lab.pve();
    // The recordings hold these four methods only; raw UPIDs in paths are fine.
    const call = { method: method as 'GET', path: (target.split('?')[0] ?? '').replace('/api2/json', '') };
    const result = await client.call(call).catch((error: unknown) => error);
    if (status === '200') {
      expect(result).toMatchObject({ data, dateMs: expect.any(Number) });
      return;
    }
    expect(result).toBeInstanceOf(ProxmoxError);
    expect(result).toMatchObject({
      status: Number(status),
      detail: expect.stringContaining(reason.slice(0, 200)),
    });
    expect(host.requests).toHaveLength(1);
  });
});
