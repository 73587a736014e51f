import { DAY, placeOf, textIn } from '../keys/key.ts';
import { latest, startOf, type Linked, type LinkRule } from './link.ts';

const TYPES: readonly string[] = ['disk.smart.warning', 'disk.smart.failed'];

/** smartd reminds every day, or after 1, 2, 4… days: never later than after a month. */
const LONGEST_PAUSE_MS = 33 * DAY;

/** Without its mail nothing says that it is a reminder; on the next day it is one. */
const NEXT_DAY_MS = 1.5 * DAY;

/** A disk is still complained about on another day. */
export const smartReminder: LinkRule = {
  name: 'reminder',
  relation: 'reminder-of',
  sources: TYPES,
  targets: TYPES,
  before: LONGEST_PAUSE_MS,
  after: 0,
  lookFrom: spotsOf,
  foundAt: spotsOf,
  choose(reminder, others) {
    const reach = reminder.facts['repeat'] === true ? LONGEST_PAUSE_MS : NEXT_DAY_MS;
    const serial = textIn(reminder, 'serial');
    return latest(
      others.filter((other) => {
        const away = startOf(reminder) - startOf(other);
        // Another disk may have got the name of the device.
        const isOther =
          serial !== undefined && textIn(other, 'serial') !== undefined && serial !== textIn(other, 'serial');
        return away > 0 && away <= reach && dayOf(other) < dayOf(reminder) && !isOther;
      }),
    );
  },
};

const dayOf = (fact: Linked) => fact.startedAt.slice(0, 10);

function spotsOf(fact: Linked) {
  const names = [textIn(fact, 'serial'), textIn(fact, 'device')].filter((name) => name !== undefined);
  return names.map((name) => ({
    place: placeOf(fact.node, textIn(fact, 'fail_type'), name),
    at: startOf(fact),
  }));
}
