import { compareSeverity, type Event, type Severity } from '@proxmox-mcp/schemas';

/** Which events somebody wants; what is left out is not asked for. */
export interface EventFilter {
  /** Types; `*` stands for any text: `backup.*`, `*.failed`. */
  readonly types?: readonly string[] | undefined;
  readonly minSeverity?: Severity | undefined;
  readonly cluster?: string | undefined;
  readonly node?: string | undefined;
  readonly vmid?: number | undefined;
  readonly storage?: string | undefined;
  readonly channels?: readonly string[] | undefined;
  readonly upid?: string | undefined;
}

/** Whether the event is wanted. */
export function wantsEvent(filter: EventFilter, event: Event): boolean {
  return (
    (filter.types === undefined || filter.types.some((glob) => matchesGlob(glob, event.type))) &&
    (filter.minSeverity === undefined || compareSeverity(event.severity, filter.minSeverity) >= 0) &&
    (filter.cluster === undefined || event.cluster === filter.cluster) &&
    (filter.node === undefined || event.node === filter.node) &&
    (filter.vmid === undefined || event.guest?.vmid === filter.vmid) &&
    (filter.storage === undefined || event.storage === filter.storage) &&
    (filter.channels === undefined || filter.channels.includes(event.channel)) &&
    (filter.upid === undefined || event.upid === filter.upid)
  );
}

/** Whether a text fits a pattern in which `*` stands for any text. Linear in both: each piece is searched once, leftmost. */
export function matchesGlob(glob: string, text: string): boolean {
  const pieces = glob.split('*');
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return glob === text;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last))
    return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= text.length - last.length;
}
