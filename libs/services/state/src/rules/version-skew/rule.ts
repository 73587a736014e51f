import type { NodeState } from '@proxmox-mcp/schemas';
import { defineStateRule } from '../rule.ts';

/** A cluster is upgraded node by node; a node that stays behind for a day was forgotten, and migrations to it may fail. */
export const versionSkew = defineStateRule({
  name: 'version-skew',
  condition: 'node.version.behind',
  summary: 'A node runs an older release than another of its cluster; packages within a release may differ.',
  entry: 'node',
  defaults: { enabled: true, for: 86_400, clearFor: 600 },
  read(node, { picture }) {
    const own = releaseOf(node);
    if (own === undefined) return undefined;
    let newest = own;
    for (const other of picture.of('node', node.cluster)) {
      const release = releaseOf(other);
      if (release !== undefined && isNewer(release, newest)) newest = release;
    }
    return { value: own.join('.'), level: isNewer(newest, own) ? 'warn' : 'ok' };
  },
  tell: ({ node }, { value }) => ({
    title: `Node ${node} runs an older release than its cluster`,
    cause: `it runs ${value}, another node a newer one`,
  }),
  over: ({ node }) => `Node ${node} runs the release of its cluster`,
});

type Release = readonly [major: number, minor: number];

function releaseOf({ status, product, version }: NodeState): Release | undefined {
  const found =
    status === 'online' && product === 'pve' ? /^(\d{1,4})[.](\d{1,4})/.exec(version ?? '') : null;
  return found ? [Number(found[1]), Number(found[2])] : undefined;
}

function isNewer([major, minor]: Release, than: Release): boolean {
  return major > than[0] || (major === than[0] && minor > than[1]);
}
