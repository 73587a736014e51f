import { ProxmoxError } from './error.ts';

/** Query or form parameters. Booleans go out as 1/0 (PVE takes nothing else), lists as repeats; `undefined` is left out. */
export type Params = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[] | undefined>
>;

// Each is linear: one class, or classes that cannot match the same text twice.
const NODE = /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const REPLICATION = /^[1-9][0-9]{2,8}-[0-9]{1,9}$/;
const SEGMENT = /^[A-Za-z0-9._~!$&'()*+,;=:@%-]+$/;
const WAY_UP = /^(\.|%2e){1,2}$/i;

function refused(what: string, value: unknown): ProxmoxError {
  return new ProxmoxError({
    kind: 'invalid-argument',
    host: 'proxmox-client',
    method: '-',
    path: '-',
    // The value may be hostile or long: its type and length say enough.
    detail: `not a valid ${what}: ${typeof value === 'string' ? `text of ${value.length} characters` : typeof value}`,
  });
}

/** A node name, checked before it enters a path. */
export function nodeSegment(node: string): string {
  if (node.length > 63 || !NODE.test(node)) throw refused('node name', node);
  return node;
}

/** A guest number, checked before it enters a path. */
export function vmidSegment(vmid: number): string {
  if (!Number.isInteger(vmid) || vmid < 100 || vmid > 999_999_999) throw refused('vmid', vmid);
  return String(vmid);
}

/** Name of a storage, datastore, notification target or the like, checked before it enters a path. */
export function nameSegment(what: string, name: string): string {
  if (name.length > 128 || !NAME.test(name)) throw refused(what, name);
  return name;
}

/** Id of a replication job, `<vmid>-<n>`, checked before it enters a path. */
export function replicationSegment(id: string): string {
  if (!REPLICATION.test(id)) throw refused('replication job id', id);
  return id;
}

/** A whole API path from a caller: absolute, without query, without a way up. */
export function checkedPath(path: string): string {
  const parts = path.slice(1).split('/');
  const isUsable =
    path.startsWith('/') &&
    path.length <= 2048 &&
    parts.every((part) => SEGMENT.test(part) && !WAY_UP.test(part));
  if (!isUsable) throw refused('API path', path);
  return path;
}

/** Parameters as `a=1&b=2`; empty when there are none. */
export function encodeParams(params: Params | undefined): string {
  const encoded = new URLSearchParams();
  for (const [key, value] of Object.entries(params ?? {})) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      encoded.append(key, typeof one === 'boolean' ? (one ? '1' : '0') : String(one));
    }
  }
  return encoded.toString();
}
