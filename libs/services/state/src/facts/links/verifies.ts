import { SECOND, placeOf, textIn, typesOf } from '../keys/key.ts';
import { nearest, type LinkRule, type Linked } from './link.ts';
import { timeOfSnapshot } from './stored-as.ts';

const REACH_MS = 5 * SECOND;

/** The verification of one snapshot, as PBS starts it by itself after an upload, and the upload. */
export const verifies: LinkRule = {
  name: 'verifies',
  relation: 'verifies',
  sources: typesOf('backup.verify'),
  targets: typesOf('backup.snapshot'),
  before: REACH_MS,
  after: REACH_MS,
  lookFrom: (verify) => (textIn(verify, 'backup_time') === undefined ? [] : spotOf(verify)),
  foundAt: spotOf,
  choose(verify, snapshots) {
    const time = textIn(verify, 'backup_time');
    const fitting = snapshots.filter((snapshot) => {
      const told = textIn(snapshot, 'backup_time');
      const [one, other] = [verify.facts['namespace'], snapshot.facts['namespace']];
      return (told ?? time) === time && (one === undefined || other === undefined || one === other);
    });
    return nearest(fitting, timeOfSnapshot(verify));
  },
};

function spotOf(fact: Linked) {
  const group = textIn(fact, 'group');
  return group === undefined
    ? []
    : [{ place: placeOf(fact.node, fact.storage, group), at: timeOfSnapshot(fact) }];
}
