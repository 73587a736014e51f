import type { GuestRef, InventorySource, Severity } from '@proxmox-mcp/schemas';

/** One syslog message after its header was taken off. */
export interface SyslogLine {
  /** Program name without pid: `pvedaemon`, `kernel`. */
  readonly tag: string;
  readonly pid?: number;
  /** Text after the header; controls removed. */
  readonly message: string;
  /** Message of a later line that belongs to this one: the second of the kernel's two about a kill for memory. */
  readonly next?: string;
  /** 0 (kernel) to 23; absent where the line came without a PRI. */
  readonly facility?: number;
  /** 0 (emergency) to 7 (debug); absent where the line came without a PRI. */
  readonly level?: number;
}

/** Who sent the line. */
export interface SyslogOrigin {
  readonly source: InventorySource;
  /** Short name of the host in the header. */
  readonly node: string;
}

/** What a line says. */
export interface SyslogReading {
  readonly type: string;
  /** Where the line is better or worse than its type. */
  readonly severity?: Severity;
  /** Node the line is about, where it is not the sender; `null`: about none. */
  readonly node?: string | null;
  readonly guest?: GuestRef;
  readonly storage?: string;
  readonly upid?: string;
  readonly status?: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Understood and without meaning for anybody. */
export const NOISE = 'noise';

/** The line claims what its sender cannot know or contradicts itself. */
export interface Refusal {
  readonly refuse: string;
}

/** Reads the lines of one program; `undefined`: none of those it knows. */
export type LineReader = (
  line: SyslogLine,
  origin: SyslogOrigin,
) => SyslogReading | Refusal | typeof NOISE | undefined;

/** Text for facts: syslog daemons write line feeds and tabs as `#012` and `#011`. */
export function unescapeText(text: string): string {
  return text.replace(/#01[12]/g, (escape) => (escape === '#012' ? '\n' : '\t')).trim();
}
