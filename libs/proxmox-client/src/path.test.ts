import fc from 'fast-check';
import { encodeParams } from './path.ts';
import { jsonReply } from './testing/fake-host.ts';
import { rejection, useLab } from './testing/use-lab.ts';
import { readUpid } from './upid.ts';

const lab = useLab();

describe('what enters a path', () => {
  it.each(['../pve1', 'pve1/qemu', 'pve 1', '', '-pve', 'pve%2f', 'a'.repeat(64), 'pve1\r\nx: y'])(
    'is not the node name %p',
    async (node) => {
      const host = await lab.host();
      const client = await lab.pve();
      expect(await rejection(client.nodes.status(node))).toMatchObject({ kind: 'invalid-argument' });
      expect(await rejection(client.tasks.list(node))).toMatchObject({ kind: 'invalid-argument' });
      expect(host.requests).toHaveLength(0);
    },
  );

  it('is not a vmid, a storage, a job or a target that could not be one', async () => {
    const host = await lab.host();
    const client = await lab.pve();
    const wrong = [
      client.guests.status({ node: 'a', type: 'qemu', vmid: 99 }),
      client.guests.start({ node: 'a', type: 'qemu', vmid: 100.5 }),
      client.guests.config({ node: 'a', type: 'lxc', vmid: Number.NaN }),
      client.nodes.storageContent('a', '../x'),
      client.nodes.replicationLog('a', '100-0/../x'),
      client.notifications.test('a/b'),
      client.tasks.stop({ upid: 'foo' }),
      client.get('/nodes/../access'),
      client.get('/nodes/%2e%2E/access'),
      client.get('version'),
      client.get('/version?x=1'),
      client.get('/a b'),
    ];
    for (const call of wrong) expect(await rejection(call)).toMatchObject({ kind: 'invalid-argument' });
    expect(host.requests).toHaveLength(0);
  });

  it('is the UPID, percent-encoded', async () => {
    const host = await lab.host();
    host.answer(() => jsonReply({ data: null }));
    await (
      await lab.pve()
    ).tasks.stop({ upid: 'UPID:pve1:00000B47:0003630E:6B02A4EC:imgdel:200@b1:root@pam!full:' });
    expect(host.requests[0]?.target).toBe(
      '/api2/json/nodes/pve1/tasks/UPID%3Apve1%3A00000B47%3A0003630E%3A6B02A4EC%3Aimgdel%3A200%40b1%3Aroot%40pam!full%3A',
    );
  });
});

describe('readUpid', () => {
  it.each([
    [
      'UPID:pve1:00000676:00026064:6B02A256:vzdump:100:root@pam:',
      { product: 'pve', node: 'pve1', id: '100' },
    ],
    [
      'UPID:pve1:000000E8:00046E9B:6B02A799:startall::root@pam:',
      { product: 'pve', id: '', type: 'startall' },
    ],
    [
      'UPID:n-1:000001F2:10004E1A9:6B02A8C0:bulk-shutdown::a@pve!t:',
      { type: 'bulk-shutdown', user: 'a@pve!t' },
    ],
    [
      'UPID:pbs:000002A1:0000C5D7:00000012:6B02A4EC:verify:tank\\x2dmain:root@pam:',
      { product: 'pbs', id: 'tank\\x2dmain' },
    ],
  ])('reads %s', (text, expected) => {
    expect(readUpid(text)).toMatchObject({ upid: text, ...expected });
  });

  it.each([
    '',
    'UPID:',
    'UPID:pve1:00000676:00026064:6B02A256:vzdump:100:root@pam',
    'UPID:pve/1:00000676:00026064:6B02A256:vzdump:100:root@pam:',
    'UPID:-pve:00000676:00026064:6B02A256:vzdump:100:root@pam:',
    'UPID:pve1:0000067:00026064:6B02A256:vzdump:100:root@pam:',
    'UPID:pve1:00000676:00026064:6B02A256:vz/dump:100:root@pam:',
    'UPID:pve1:00000676:00026064:6B02A256:vzdump:1 0:root@pam:',
    'UPID:pve1:00000676:00026064:6B02A256:vzdump:100:root@pam:\n',
    `UPID:pve1:00000676:00026064:6B02A256:vzdump:${'1'.repeat(2000)}:root@pam:`,
  ])('refuses %p', (text) => {
    expect(readUpid(text)).toBeUndefined();
  });
});

describe('parameters', () => {
  it('are written as PVE takes them: 1 and 0, lists as repeats, nothing for what is not set', () => {
    expect(encodeParams({ a: true, b: false, vms: [1, 2], none: undefined, text: 'ü &=' })).toBe(
      'a=1&b=0&vms=1&vms=2&text=%C3%BC+%26%3D',
    );
  });

  it('come back as they were, whatever is in them', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (params) => {
        // A lone surrogate has no encoding; everything else must survive.
        fc.pre(
          Object.entries(params)
            .flat()
            .every((text) => text.isWellFormed()),
        );
        expect(Object.fromEntries(new URLSearchParams(encodeParams(params)))).toEqual({ ...params });
      }),
    );
  });
});
