import { compareSeverity, maxSeverity, type Incident, type Severity } from '@proxmox-mcp/schemas';
import { cutText, oneLine } from '../text.ts';
import { duration, type Rendered } from './render.ts';

/** Lines of one digest; the rest is a count. */
const MAX_LINES = 10;

/** One incident in a digest. */
export interface DigestLine {
  /** `over`: it began and ended meanwhile. `ended`: its opening was told before. */
  readonly state: 'open' | 'over' | 'ended';
  readonly title: string;
  readonly severity: Severity;
  /** `undefined` when it has been forgotten since. */
  readonly incident: Incident | undefined;
}

const ORDER = { open: 0, ended: 1, over: 2 } as const;

/** Writes what was held into one message: what still lasts first, the worst of it at the top. Pure. */
export function renderDigest(
  lines: readonly DigestLine[],
  { linkBase }: { readonly linkBase: string | undefined },
): Rendered & { readonly severity: Severity } {
  const sorted = [...lines].sort(
    (a, b) => ORDER[a.state] - ORDER[b.state] || compareSeverity(b.severity, a.severity),
  );
  const open = lines.filter(({ state }) => state === 'open');
  const rest = sorted.length - MAX_LINES;
  const body = [...sorted.slice(0, MAX_LINES).map(lineOf), ...(rest > 0 ? [`and ${rest} more`] : [])];
  const many = lines.length === 1 ? '1 incident' : `${lines.length} incidents`;
  return {
    title: `Digest: ${many}, ${open.length === 0 ? 'none' : open.length} still open`,
    body: cutText(body.join('\n'), 8_000),
    severity: open.map(({ severity }) => severity).reduce(maxSeverity, 'info'),
    ...(linkBase === undefined ? {} : { link: `${linkBase}/incidents` }),
  };
}

function lineOf({ state, title, severity, incident }: DigestLine): string {
  const what = oneLine(incident?.title ?? title, 300);
  const begun = incident === undefined ? '' : stamp(incident.openedAt);
  const ended = incident?.resolvedAt;
  const lasted =
    incident === undefined || ended === undefined
      ? ''
      : duration(Date.parse(ended) - Date.parse(incident.openedAt));
  switch (state) {
    case 'open': {
      const by = incident?.status === 'acknowledged' ? ', acknowledged' : '';
      return `${severity.toUpperCase()}: ${what}${begun === '' ? '' : ` (since ${begun}${by})`}`;
    }
    case 'ended':
      return `RESOLVED: ${what}${lasted === '' ? '' : ` (after ${lasted})`}`;
    case 'over':
      return `OVER: ${what}${lasted === '' ? '' : ` (${begun}, lasted ${lasted})`}`;
  }
}

/** `03-14 01:07 UTC`. */
function stamp(iso: string): string {
  return `${iso.slice(5, 10)} ${iso.slice(11, 16)} UTC`;
}
