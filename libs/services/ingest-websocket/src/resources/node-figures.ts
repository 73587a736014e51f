import type { NodeSample } from '@proxmox-mcp/proxmox-client';
import type { NodeRow } from '@proxmox-mcp/schemas';

/** What a look at one node adds to its row. */
export type Figures = Pick<
  NodeRow,
  | 'iowait'
  | 'loadavg'
  | 'memavailable'
  | 'arcsize'
  | 'swapused'
  | 'swaptotal'
  | 'pressurecpusome'
  | 'pressurememorysome'
  | 'pressureiofull'
>;

/** What is known of the nodes of a host besides cluster/resources, as long as it is recent. */
export interface NodeFigures {
  learn(node: string, samples: readonly NodeSample[]): void;
  learnVersion(node: string, version: string): void;
  /** Versions change with upgrades only. */
  wantsVersion(node: string): boolean;
  readonly of: (node: string) => Figures & Pick<NodeRow, 'version'>;
  /** Forgets all other nodes. */
  keep(nodes: readonly string[]): void;
}

/** Older figures say nothing of now. */
const RECENT_MS = 5 * 60_000;
const VERSION_EVERY_MS = 3_600_000;

/** @param now milliseconds since the epoch. */
export function createNodeFigures(now: () => number): NodeFigures {
  const figures = new Map<string, { readonly at: number; readonly figures: Figures }>();
  const versions = new Map<string, { readonly at: number; readonly version: string }>();
  return {
    learn(node, samples) {
      // The newest sample may be a time only: it is being made.
      const last = samples.findLast(({ iowait, memtotal }) => iowait !== undefined || memtotal !== undefined);
      // By the node's own clock, which need not be ours.
      const ageMs = ((samples.at(-1)?.time ?? 0) - (last?.time ?? 0)) * 1_000;
      if (last !== undefined && ageMs <= RECENT_MS)
        figures.set(node, { at: now(), figures: figuresOf(last) });
    },
    learnVersion: (node, version) => void versions.set(node, { at: now(), version }),
    wantsVersion: (node) => now() - (versions.get(node)?.at ?? -Infinity) >= VERSION_EVERY_MS,
    of(node) {
      const known = figures.get(node);
      const version = versions.get(node)?.version;
      return {
        ...(known !== undefined && now() - known.at <= RECENT_MS ? known.figures : {}),
        ...(version === undefined ? {} : { version }),
      };
    },
    keep(nodes) {
      for (const map of [figures, versions])
        for (const node of map.keys()) if (!nodes.includes(node)) map.delete(node);
    },
  };
}

function figuresOf({ time: _, memtotal: _t, memused: _u, ...figures }: NodeSample): Figures {
  return figures;
}
