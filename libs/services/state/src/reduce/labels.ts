import type { Picture, StorageLabels } from '../rules/rule.ts';

/** Content that guests run from. */
const OF_GUESTS: readonly string[] = ['images', 'rootdir'];

/** What the live picture knows of a storage as a node sees it. */
export function storageLabels(
  picture: Picture,
  about: {
    readonly cluster: string | undefined;
    readonly storage: string;
    readonly node: string | undefined;
  },
): StorageLabels {
  const { cluster, storage, node } = about;
  for (const entry of picture.of('storage', cluster)) {
    if (entry.storage !== storage || (!entry.shared && entry.node !== node)) continue;
    const isForGuests = OF_GUESTS.some((kind) => entry.content?.includes(kind) === true);
    return { isLocal: !entry.shared, isInUse: isForGuests && hasRunning(picture, cluster, node) };
  }
  return { isLocal: false, isInUse: false };
}

function hasRunning(picture: Picture, cluster: string | undefined, node: string | undefined): boolean {
  for (const guest of picture.of('guest', cluster))
    if (guest.status === 'running' && (node === undefined || guest.node === node)) return true;
  return false;
}

/** Whether a node is away, or nobody hears how it is. What is not known is not silent. */
export function isSilent(picture: Picture, cluster: string | undefined, node: string): boolean {
  for (const entry of picture.of('node', cluster)) if (entry.node === node) return entry.status !== 'online';
  return false;
}
