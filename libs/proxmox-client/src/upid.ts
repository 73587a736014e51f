// PROXMOX task ids. PVE has eight fields; PBS has a task counter of 8 to 16 hex digits between pstart and starttime.
// Both are linear: every field is a class that excludes the ':' that ends it.
const PVE =
  /^UPID:([a-zA-Z0-9-]{1,63}):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/;
const PBS =
  /^UPID:([a-zA-Z0-9-]{1,63}):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8,16}):([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/;
const NODE = /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/;
const LONGEST = 1024;

/** What the client needs of a task id; the meaning of its fields is somebody else's business. */
export interface UpidParts {
  readonly upid: string;
  readonly product: 'pve' | 'pbs';
  /** The node the task runs on, as it calls itself. */
  readonly node: string;
  readonly type: string;
  /** As written (PBS: still escaped); empty when the task has none. */
  readonly id: string;
  /** With realm, and with `!token` when a token started it. */
  readonly user: string;
  /** Epoch seconds. */
  readonly starttime: number;
}

/** Reads a task id strictly. Returns `undefined` for anything else: such text must not enter a path. */
export function readUpid(text: string): UpidParts | undefined {
  if (text.length > LONGEST) return undefined;
  const pbs = PBS.exec(text);
  const match = pbs ?? PVE.exec(text);
  const [start, type, id, user] = match?.slice(pbs === null ? 4 : 5) ?? [];
  const node = match?.[1];
  if (node === undefined || start === undefined || type === undefined || user === undefined) return undefined;
  if (!NODE.test(node)) return undefined;
  return {
    upid: text,
    product: pbs === null ? 'pve' : 'pbs',
    node,
    type,
    id: id ?? '',
    user,
    starttime: Number.parseInt(start, 16),
  };
}
