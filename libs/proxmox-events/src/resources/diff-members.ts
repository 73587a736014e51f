import { isRecord } from '../input.ts';
import { known, said, tellOf, type ConditionDiff } from './condition-diff.ts';
import { number } from './snapshot.ts';

/** Members of a cluster as the node asked sees them. Plain JSON, fit to be stored. */
export interface MemberView {
  readonly perspective?: string;
  readonly members: Readonly<Record<string, { readonly nodeid?: number; readonly online: boolean }>>;
}

/** Reads the node rows of cluster/status; `undefined` on a host that is no cluster. */
export function readMembers(rows: readonly unknown[]): MemberView | undefined {
  if (!rows.some((row) => isRecord(row) && row['type'] === 'cluster')) return undefined;
  const members: [string, { nodeid?: number; online: boolean }][] = [];
  let perspective: string | undefined;
  for (const row of rows) {
    if (!isRecord(row) || row['type'] !== 'node') continue;
    const name = said(row['name'], 100);
    if (name === undefined) continue;
    const nodeid = number(row['nodeid']);
    members.push([name, { online: Number(row['online']) === 1, ...(nodeid !== undefined && { nodeid }) }]);
    if (Number(row['local']) === 1) perspective = name;
  }
  return { members: Object.fromEntries(members), ...(perspective !== undefined && { perspective }) };
}

/** Members that left the cluster or came back, one event each way. One that was removed has left as well. */
export function diffMembers(before: MemberView, after: MemberView): ConditionDiff<MemberView> {
  const wasIn = (name: string) => known(before.members, name)?.online === true;
  const isIn = (name: string) => known(after.members, name)?.online === true;
  const left = Object.keys(before.members).filter((name) => wasIn(name) && !isIn(name));
  const joined = Object.keys(after.members).filter((name) => isIn(name) && !wasIn(name));
  const idsOf = (names: readonly string[], view: MemberView) =>
    names.flatMap((name) => known(view.members, name)?.nodeid ?? []);
  const tell = tellOf({
    product: 'pve',
    ...(after.perspective !== undefined && { node: after.perspective }),
  });
  return {
    events: [
      ...(left.length > 0
        ? [
            tell('cluster.member.left', left.join(), {
              left_nodeids: idsOf(left, before),
              members_left: left,
            }),
          ]
        : []),
      ...(joined.length > 0
        ? [
            tell('cluster.member.joined', joined.join(), {
              joined_nodeids: idsOf(joined, after),
              members_joined: joined,
            }),
          ]
        : []),
    ],
    next: after,
  };
}
