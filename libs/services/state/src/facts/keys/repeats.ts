import { HOUR, MINUTE, numberIn, placeOf, textIn, type ChainKey } from './key.ts';

/** What a host repeats while it lasts, or says by two of its programs: once about one thing is enough. */
export const repeats: ChainKey = {
  kind: 'chain',
  name: 'repeat',
  types: [
    'zfs.pool.suspended',
    'node.statd.slow',
    'node.watchdog.expiring',
    'node.watchdog.expired',
    'ha.service.error',
    'disk.io.error',
  ],
  isCounted: true,
  linkOf(event) {
    const { type, cluster, node } = event;
    if (type === 'ha.service.error') {
      const sid = textIn(event, 'sid');
      return sid === undefined
        ? undefined
        : { place: placeOf(type, cluster, sid), tag: '', silenceMs: 5 * MINUTE };
    }
    if (node === undefined) return undefined;
    // The kernel says it at once, a poll within half an hour.
    if (type === 'zfs.pool.suspended')
      return { place: placeOf(type, node, textIn(event, 'pool')), tag: '', silenceMs: HOUR };
    // One disk that goes bad says so thousands of times.
    if (type === 'disk.io.error')
      return {
        place: placeOf(type, cluster, node, textIn(event, 'device')),
        tag: '',
        silenceMs: 10 * MINUTE,
      };
    return { place: placeOf(type, cluster, node, numberIn(event, 'client_pid')), tag: '', silenceMs: MINUTE };
  },
};
