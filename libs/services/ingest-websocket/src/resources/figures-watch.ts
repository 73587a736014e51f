import type { HostTools } from '../host/host-tools.ts';
import type { Lanes } from '../pace/lanes.ts';
import { runLoop } from '../pace/loop.ts';
import type { PvePort } from '../pve/pve-port.ts';
import type { NodeFigures } from './node-figures.ts';

export interface FiguresWatchOptions {
  readonly tools: HostTools;
  readonly lanes: Lanes;
  readonly port: Pick<PvePort, 'samples' | 'version'>;
  readonly nodes: () => readonly string[];
  readonly figures: NodeFigures;
  /** Milliseconds between two looks at the same node. */
  readonly periodMs: number;
}

/** Between two nodes: a large cluster is looked at more slowly, so that its lists do not wait. */
const LEAST_MS = 4_000;
/** Lists come first when everything begins. */
const FIRST_MS = 4_000;

/** Looks at one node after the other until the signal aborts: a request each, and once an hour a second one for the version. */
export async function watchFigures(options: FiguresWatchOptions): Promise<void> {
  const { tools, lanes, port, nodes, figures, periodMs } = options;
  const { clock, signal, health } = tools;
  let turn = 0;
  const ask = async <T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    await tools.take();
    return call(signal);
  };
  const look = async (node: string) => {
    figures.learn(node, await ask((s) => port.samples(node, s)));
    if (figures.wantsVersion(node)) figures.learnVersion(node, await ask((s) => port.version(node, s)));
  };
  await runLoop({ clock, signal, periodMs, delayMs: FIRST_MS }, async () => {
    const all = nodes();
    const node = all[turn++ % Math.max(1, all.length)];
    // Whether a host that is away is back is for the lists to find out.
    if (node !== undefined && !health.isDown()) await lanes.runAndWait(node, () => look(node));
    return Math.max(LEAST_MS, periodMs / Math.max(1, all.length));
  });
}
