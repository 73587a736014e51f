import { SECOND, placeOf, type ChainKey } from './key.ts';

/** A guest whose process was killed for memory: the kernel's word and systemd's. */
export const oom: ChainKey = {
  kind: 'chain',
  name: 'oom',
  types: ['guest.oom.killed', 'guest.oom.process_killed'],
  linkOf: ({ type, cluster, node, guest }) =>
    guest === undefined
      ? undefined
      : { place: placeOf(type, cluster, node, guest.vmid), tag: '', silenceMs: 30 * SECOND },
};
