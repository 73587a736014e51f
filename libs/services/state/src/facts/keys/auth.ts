import { MINUTE, placeOf, textIn, type ChainKey } from './key.ts';

/** Logins that failed, from one address for one user: a burst is one fact, however long it goes on. */
export const auth: ChainKey = {
  kind: 'chain',
  name: 'auth',
  types: ['auth.login.failed', 'auth.ssh.failed', 'auth.token.failed'],
  isCounted: true,
  linkOf(event) {
    const { type, cluster, node } = event;
    if (node === undefined) return undefined;
    // A token that is refused is told without an address.
    const who =
      type === 'auth.token.failed'
        ? textIn(event, 'message')
        : placeOf(textIn(event, 'rhost'), textIn(event, 'user'));
    return { place: placeOf(type, cluster, node, who), tag: '', silenceMs: MINUTE };
  },
};
