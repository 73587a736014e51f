import type { Degraded } from '../fleet/degraded.ts';

/** Asks a configured host, read only. Opens its connections at the first question. */
export interface ProxmoxReader {
  /**
   * GET of an API path (`/nodes/pve1/services`).
   *
   * @param source name of the configured host.
   * @throws {ReadFailed} the host is not configured, refused, or did not answer.
   */
  get(source: string, path: string, options?: ReadOptions): Promise<ReadAnswer>;
  close(): Promise<void>;
}

/** What a host answered. */
export interface ReadAnswer {
  readonly data: unknown;
  /** Rows in all, where the call pages and says so. */
  readonly total?: number;
}

export interface ReadOptions {
  readonly query?: Readonly<Record<string, string | number>>;
  readonly signal?: AbortSignal;
}

/** A part of an answer that could not be had, and why. */
export class ReadFailed extends Error {
  override readonly name = 'ReadFailed';
  readonly degraded: Degraded;
  constructor(degraded: Degraded, options?: ErrorOptions) {
    super(`${degraded.where}: ${degraded.reason}`, options);
    this.degraded = degraded;
  }
}

/** One part of a document: where it is read and which privilege that takes. */
export interface Section {
  readonly path: string;
  readonly privilege: string;
  readonly query?: Readonly<Record<string, string | number>>;
}

/** Answer of several reads: what came, and what did not. */
export interface Sections {
  readonly parts: Record<string, unknown>;
  readonly degraded: Degraded[];
}

/** Reads all sections at once; a section that fails is named in `degraded` and harms no other. */
export async function readSections(
  reader: ProxmoxReader,
  source: string,
  sections: Readonly<Record<string, Section>>,
  signal: AbortSignal,
): Promise<Sections> {
  const parts: Record<string, unknown> = {};
  const degraded: Degraded[] = [];
  await Promise.all(
    Object.entries(sections).map(async ([name, { path, privilege, query }]) => {
      try {
        const { data } = await reader.get(source, path, {
          signal,
          ...(query === undefined ? {} : { query }),
        });
        parts[name] = data;
      } catch (error) {
        degraded.push(explain(error, { source, path, privilege }));
      }
    }),
  );
  return { parts, degraded };
}

/** Why a part could not be read, for the answer. @throws what is no `ReadFailed`. */
export function explain(
  error: unknown,
  asked: { source: string; path: string; privilege: string },
): Degraded {
  if (!(error instanceof ReadFailed)) throw error;
  const detail =
    error.degraded.detail ?? (error.degraded.reason === 'privilege' ? asked.privilege : undefined);
  return {
    ...error.degraded,
    where: `${asked.source} ${asked.path}`,
    ...(detail === undefined ? {} : { detail }),
  };
}
