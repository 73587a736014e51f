import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Event } from '@proxmox-mcp/schemas';

const CHILD = fileURLToPath(new URL('./core-child.ts', import.meta.url));
/** Compiled sources, kept between lives. */
const COMPILE_CACHE = 'node_modules/.cache/node-compile';
const MAX_ERROR = 4_000;

/** What a core process is told. */
export type ToCore = { readonly publish: readonly Event[]; readonly batch: number } | { readonly stop: true };
/** What it says. */
export type FromCore = { readonly started: true } | { readonly stored: number } | { readonly opened: string };

/** `state` and `notifier` in a process of their own, over all their lives on one data folder. */
export interface CoreProcess {
  /** Begins a life. @returns without waiting. */
  start(): void;
  /** Resolves once the bus of this life, or of a later one, has stored the events. A life that ends before gets them no more. */
  publish(events: readonly Event[]): Promise<void>;
  /** Resolves at the next incident that is opened. */
  opened(): Promise<string>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Lets it finish what it has begun. @throws when it did not end well. */
  stop(): Promise<void>;
}

export interface CoreOptions {
  readonly folder: string;
  readonly webhook: string;
  /** Milliseconds that its clock is ahead of the machine's. */
  readonly aheadMs?: number;
  /** Settings of the notifier. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Makes one; nothing runs before `start`. */
export function createCore({ folder, webhook, aheadMs = 0, settings = {} }: CoreOptions): CoreProcess {
  let child: ChildProcess | undefined;
  let exit: Promise<unknown[]> = Promise.resolve([]);
  let isStarted = false;
  let error = '';
  let batches = 0;
  /** Not known to be stored; each life gets them anew. */
  const waiting = new Map<number, { readonly events: readonly Event[]; readonly done: () => void }>();
  let listeners: ((id: string) => void)[] = [];
  const tell = (word: ToCore) => {
    // A life that is being killed takes nothing more; the next one is told again.
    if (child?.connected === true) child.send(word, () => undefined);
  };

  function hear(word: FromCore): void {
    if ('opened' in word) for (const listener of listeners.splice(0)) listener(word.opened);
    else if ('stored' in word) {
      waiting.get(word.stored)?.done();
      waiting.delete(word.stored);
    } else {
      isStarted = true;
      for (const [batch, { events }] of waiting) tell({ publish: events, batch });
    }
  }

  const onExit = () => child?.kill('SIGKILL');
  process.once('exit', onExit);
  return {
    start() {
      isStarted = false;
      const args = [folder, webhook, String(aheadMs), JSON.stringify(settings)];
      child = fork(CHILD, args, {
        execArgv: [],
        env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      child.stderr?.on('data', (chunk: Buffer) => (error = (error + chunk.toString()).slice(-MAX_ERROR)));
      // Said by our own child.
      child.on('message', (word) => hear(word as FromCore));
      exit = once(child, 'close');
    },
    publish: (events) =>
      new Promise((done) => {
        const batch = batches++;
        waiting.set(batch, { events, done });
        if (isStarted) tell({ publish: events, batch });
      }),
    opened: () => new Promise((resolve) => void (listeners = [...listeners, resolve])),
    async kill() {
      isStarted = false;
      child?.kill('SIGKILL');
      await exit;
    },
    async stop() {
      isStarted = false;
      tell({ stop: true });
      const [code] = await exit;
      process.off('exit', onExit);
      if (code !== 0) throw new Error(`the core process ended with ${String(code)}: ${error}`);
    },
  };
}
