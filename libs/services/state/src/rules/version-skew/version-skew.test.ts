import { tryRule } from '../../testing/try-rule.ts';
import { versionSkew } from './rule.ts';

const node = (name: string, version: string | undefined, change = {}) =>
  ({
    kind: 'node',
    node: name,
    status: 'online',
    ...(version === undefined ? {} : { version }),
    ...change,
  }) as const;

it('tells of a node that stays behind for a day, and not during the upgrade of the others', () => {
  const t = tryRule(versionSkew);
  t.watch(0, 23 * 60, node('pve1', '9.2.11'), node('pve2', '9.1.4'), node('pve3', undefined));
  expect(t.transitions()).toEqual([]);
  t.watch(23 * 60 + 5, 24 * 60, node('pve1', '9.2.11'), node('pve2', '9.1.4'));
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|node/pve2|node.version.behind', severity: 'warning', why: { value: '9.1' } },
  ]);
  t.watch(25 * 60, 25 * 60 + 10, node('pve1', '9.2.11'), node('pve2', '9.2.2'));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});

it('does not compare clusters, packages of one release, or nodes that are away', () => {
  const t = tryRule(versionSkew);
  const others = [
    node('pve2', '9.2.1'),
    node('edge', '8.4.1', { cluster: 'edge' }),
    node('old', '8.4.1', { status: 'offline' }),
  ];
  t.watch(0, 26 * 60, node('pve1', '9.2.11'), ...others);
  expect(t.transitions()).toEqual([]);
  t.close();
});
