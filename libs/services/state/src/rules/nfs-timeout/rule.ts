import { textIn } from '../../facts/keys/key.ts';
import { objectPath, on, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const TIMEOUT = 'storage.nfs.timeout';

/** An NFS server that does not answer: all that uses it hangs. A storage of PVE on it is told as that. */
export const nfsTimeout = defineFactRule({
  name: 'nfs-timeout',
  condition: TIMEOUT,
  summary: 'An NFS server does not answer a node, and no storage is told of as unavailable.',
  types: [TIMEOUT, 'storage.nfs.recovered'],
  // Longer than a storage takes to be told of.
  defaults: { enabled: true, for: 120, clearFor: 0 },
  read(fact) {
    const server = textIn(fact, 'server');
    if (server === undefined || fact.node === undefined) return undefined;
    const where = { condition: TIMEOUT, anchor: server, seenBy: [fact.node] };
    if (fact.type !== TIMEOUT) return { recovery: { ...recoveryIn(fact), ...where } };
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object: objectPath('nfs', server),
        unless: [
          { condition: 'storage.state.unavailable' },
          { condition: 'node.state.offline', node: fact.node },
        ],
        severity: 'error',
        title: `NFS server ${server} does not answer`,
        cause: `the kernel${on(fact)} waits for ${server}: whatever uses its files hangs`,
      },
    };
  },
});
