import type { EventDraft, Product } from '@proxmox-mcp/schemas';
import { isRecord } from '../input.ts';
import type { Whose } from './condition-diff.ts';
import { diffCeph, readCeph } from './diff-ceph.ts';
import { diffCertificates, readCertificates } from './diff-certificates.ts';
import { diffCoverage, readCoverage } from './diff-coverage.ts';
import { diffDatastores, readDatastores } from './diff-datastores.ts';
import { diffDisks, readDisks } from './diff-disks.ts';
import { diffHa, readHa } from './diff-ha.ts';
import { diffMembers, readMembers } from './diff-members.ts';
import { diffQuorum, readQuorum } from './diff-ha-status.ts';
import { diffResources } from './diff-resources.ts';
import { diffServices, readServices } from './diff-services.ts';
import { diffSubscription, readSubscription } from './diff-subscription.ts';
import { diffUpdates, readUpdates } from './diff-updates.ts';
import { diffZfs } from './diff-zfs.ts';
import { readResources } from './snapshot.ts';
import { readZfsPools } from './zfs-pools.ts';

type Answer = readonly unknown[] | Readonly<Record<string, unknown>>;
type Rows = readonly unknown[];

/** Two answers of one endpoint, with when and by whom they were given. */
export interface PollPair {
  readonly before: Answer;
  readonly after: Answer;
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly node?: string;
  readonly product?: Product;
}

/** An endpoint that gives a list: a key that all its rows have and no other endpoint's, and how two lists compare. */
interface ListEndpoint {
  readonly key: string;
  readonly diff: (before: Rows, after: Rows, whose: Whose, pair: PollPair) => readonly EventDraft[];
}

/** Order matters: the first key that a row has decides. */
const LISTS: readonly ListEndpoint[] = [
  { key: 'devpath', diff: (a, b, whose) => diffDisks(readDisks(a), readDisks(b), whose).events },
  { key: 'disk-type', diff: (a, b, whose) => diffDisks(readDisks(a), readDisks(b), pbs(whose)).events },
  { key: 'alloc', diff: (a, b, whose) => diffZfs(readZfsPools(a), readZfsPools(b), whose).events },
  {
    key: 'notafter',
    diff: (a, b, whose, { beforeMs, afterMs }) =>
      diffCertificates(readCertificates(a, beforeMs), readCertificates(b, afterMs), whose).events,
  },
  { key: 'unit-state', diff: (a, b, whose) => diffServices(readServices(a), readServices(b), whose).events },
  { key: 'Package', diff: (a, b, whose) => diffUpdates(readUpdates(a), readUpdates(b), whose).events },
  {
    key: 'store',
    diff: (a, b, { node }) => diffDatastores(readDatastores(a), readDatastores(b), node).events,
  },
];

/** What two answers tell; which endpoint they are of shows in their rows. */
export function diffAnswers(pair: PollPair): readonly EventDraft[] {
  const { before, after, product = 'pve', node } = pair;
  const whose: Whose = { product, ...(node !== undefined && { node }) };
  if (!isList(before) || !isList(after)) return diffObjects(pair, whose);
  const rows = [...before, ...after].filter(isRecord);
  const list = LISTS.find(({ key }) => rows.some((row) => key in row));
  if (list) return list.diff(before, after, whose, pair);
  if (rows.some((row) => row['type'] === 'quorum'))
    return [
      ...diffQuorum(readQuorum(before), readQuorum(after)),
      ...diffHa(readHa(before), readHa(after)).events,
    ];
  if (rows.some((row) => row['type'] === 'cluster')) return diffStatus(before, after);
  if (rows.length > 0 && rows.every((row) => 'vmid' in row && !('node' in row)))
    return diffCoverage(readCoverage(before), readCoverage(after), whose).events;
  return diffResources(readResources(before), readResources(after)).events;
}

function diffStatus(before: Rows, after: Rows): readonly EventDraft[] {
  const [was, now] = [readMembers(before), readMembers(after)];
  const members = was && now ? diffMembers(was, now).events : [];
  return [...diffQuorum(readQuorum(before), readQuorum(after)), ...members];
}

function diffObjects({ before, after, beforeMs, afterMs }: PollPair, whose: Whose): readonly EventDraft[] {
  const [cephWas, ceph] = [readCeph(before), readCeph(after)];
  if (cephWas && ceph) return diffCeph(cephWas, ceph, { product: 'pve' }).events;
  const [was, now] = [readSubscription(before, beforeMs), readSubscription(after, afterMs)];
  return was && now ? diffSubscription(was, now, whose).events : [];
}

const isList = (answer: Answer): answer is Rows => Array.isArray(answer);
/** These keys only PBS has. */
const pbs = ({ node }: Whose): Whose => ({ product: 'pbs', ...(node !== undefined && { node }) });
