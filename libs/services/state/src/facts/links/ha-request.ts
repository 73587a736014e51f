import { partsOf } from '../identity.ts';
import { MINUTE, SECOND, placeOf, textIn, typesOf } from '../keys/key.ts';
import { isSameGuest, latest, startOf, type Linked, type LinkRule } from './link.ts';

/** What HA does about a request. */
const ACTS: Readonly<Record<string, string>> = {
  'guest.start': 'ha.request.start',
  'guest.stop': 'ha.request.stop',
  'guest.shutdown': 'ha.request.stop',
  'guest.migrate': 'ha.request.migrate',
};

/** A person asks HA, and HA does it a moment later, on whatever node, as root. */
export const haRequest: LinkRule = {
  name: 'ha-request',
  relation: 'caused-by',
  sources: Object.keys(ACTS).flatMap(typesOf),
  targets: [...new Set(Object.values(ACTS))].flatMap(typesOf),
  before: 2 * MINUTE,
  after: SECOND,
  lookFrom: (act) => (textIn(act, 'user') === 'root@pam' ? spotOf(act, ACTS[partsOf(act.type).family]) : []),
  foundAt: (request) => spotOf(request, partsOf(request.type).family),
  choose: (act, requests) =>
    latest(
      // A request names a VM or a container by its number alone.
      requests.filter((request) =>
        isSameGuest(act, { ...request, guest: { kind: 'unknown', vmid: request.guest?.vmid ?? 0 } }),
      ),
    ),
};

const spotOf = (fact: Linked, request: string | undefined) =>
  fact.guest === undefined
    ? []
    : [{ place: placeOf(fact.cluster, request, fact.guest.vmid), at: startOf(fact) }];
