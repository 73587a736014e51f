import { MINUTE, numberIn, placeOf, textIn, type ChainKey } from './key.ts';

/** One event of ZFS: zed writes its number into the log and into the mail. Numbers begin anew when the node does. */
export const zed: ChainKey = {
  kind: 'chain',
  name: 'zed',
  types: [
    'zfs.vdev.faulted',
    'zfs.vdev.online',
    'zfs.vdev.checksum_error',
    'zfs.scrub.finished',
    'zfs.data.error',
    'disk.io.error',
  ],
  linkOf(event) {
    const eid = numberIn(event, 'eid');
    if (event.node === undefined || eid === undefined) return undefined;
    return { place: placeOf(event.node, textIn(event, 'pool'), eid), tag: '', silenceMs: 10 * MINUTE };
  },
};
