import type { NotificationKind } from '../notification.ts';

const TRY = /(?:Trying|Try) to fence node '([^'\s]{1,100})'/i;
// PVE 7 puts the status itself into the subject.
const DONE =
  /(?:Successfully fenced node|fencing: acknowledged - got agent lock for node) '([^'\s]{1,100})'/i;
const FIRST_LINE = /^\s{0,8}The node '([^'\s]{1,100})'(?: in cluster '([^'\s]{1,100})')? failed/;

/** The HA manager fences a node, or has fenced it. The node is the failed one; the sender is the HA master. */
export const fencing: NotificationKind = {
  name: 'fencing',
  product: 'pve',
  recognises: ({ title, lines }) =>
    TRY.test(title) || DONE.test(title) || (title === '' && lines.some((line) => FIRST_LINE.test(line))),
  read({ title, lines, labels }) {
    const first = lines.map((line) => FIRST_LINE.exec(line)).find((match) => match !== null);
    const status = labels.get('status') ?? labels.get('current fence status');
    const done = DONE.exec(title) ?? DONE.exec(status ?? '');
    const failed = first?.[1] ?? done?.[1] ?? TRY.exec(title)?.[1];
    const nodes = nodeStates(lines);
    const resources = resourcesOf(lines);
    return {
      type: done === null ? 'node.fence.started' : 'node.fence.succeeded',
      evidence: first !== undefined,
      ...(failed === undefined ? {} : { node: failed }),
      ...(first?.[2] === undefined ? {} : { cluster: first[2] }),
      facts: {
        ...(failed === undefined ? {} : { failed_node: failed }),
        ...(nodes.master === undefined ? {} : { master_node: nodes.master }),
        ...(status === undefined ? {} : { fence_status: status }),
        ...(Object.keys(nodes.states).length === 0 ? {} : { nodes: nodes.states }),
        ...(resources === undefined ? {} : { resources_on_failed: resources }),
      },
    };
  },
};

function nodeStates(lines: readonly string[]): { states: Record<string, string>; master?: string } {
  const states: Record<string, string> = {};
  let master: string | undefined;
  const from = lines.findIndex((line) => line.trim() === 'Cluster Node Status:');
  if (from >= 0) {
    for (const line of lines.slice(from + 1, from + 500)) {
      const match = /^\s{0,8}- ([A-Za-z0-9][A-Za-z0-9-]{0,62}): ([a-z]{1,20})( \[master\])?\s{0,8}$/.exec(
        line,
      );
      if (match?.[1] !== undefined && match[2] !== undefined) {
        states[match[1]] = match[2];
        if (match[3] !== undefined) master = match[1];
      } else if (/^\S.*:$/.test(line)) break;
    }
  }
  return { states, ...(master === undefined ? {} : { master }) };
}

function resourcesOf(lines: readonly string[]): { sid: string; state: string }[] | undefined {
  const from = lines.findIndex((line) => line.includes('HA resources were running on the failed node'));
  if (from < 0) return undefined;
  const resources: { sid: string; state: string }[] = [];
  for (const line of lines.slice(from + 1, from + 5_000)) {
    if (line.startsWith('The other HA resources')) break;
    const match = /^\s{0,8}- ([a-z]{1,10}:[A-Za-z0-9]{1,60}) \[[^\]]{0,100}\]: ([a-z_]{1,30})\s{0,8}$/.exec(
      line,
    );
    if (match?.[1] !== undefined && match[2] !== undefined)
      resources.push({ sid: match[1], state: match[2] });
  }
  return resources;
}
