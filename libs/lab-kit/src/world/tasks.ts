import type { WorldClock } from './clock.ts';

/** A task of the pretend lab, PVE or PBS, running or finished. */
export interface LabTask {
  readonly upid: string;
  readonly node: string;
  readonly pid: number;
  readonly pstart: number;
  /** Epoch seconds. */
  readonly startedAt: number;
  readonly type: string;
  /** Unescaped; empty where the task is about nothing in particular. */
  readonly id: string;
  /** With `!token` where a token started it. */
  readonly user: string;
  readonly log: string[];
  /** Epoch seconds; only when finished. */
  endedAt?: number;
  /** Exit text: `OK`, `WARNINGS: 1`, `job errors`…; only when finished. */
  status?: string;
}

/** Ends a task: its text becomes the task's exit status and the `TASK ERROR:` line. */
export class TaskFailure extends Error {
  override readonly name: string = 'TaskFailure';
}

/** Thrown into a task's work when somebody stops the task. */
export class TaskInterrupted extends TaskFailure {
  override readonly name = 'TaskInterrupted';
}

/** What a running task can do. */
export interface TaskHandle {
  readonly task: LabTask;
  readonly log: (line: string) => void;
  /** Logs `WARN: text` and makes the task end in `WARNINGS: n`. */
  readonly warn: (text: string) => void;
}

/** A task's work. Each yielded number is a wait in milliseconds of world time. */
export type TaskBody = (handle: TaskHandle) => Generator<number, void, void>;

interface Running {
  readonly task: LabTask;
  readonly steps: Generator<number, void, void>;
  readonly line: (text: string) => string;
  warnings: number;
  cancelWait?: () => void;
}

/** Called synchronously, in world order. */
export interface TaskEngineHooks {
  onStart(task: LabTask): void;
  onEnd(task: LabTask): void;
}

/** About what the rotated index of a real node keeps. */
const MAX_TASKS_PER_NODE = 1_000;
const MAX_LOG_LINES = 20_000;

/** Runs tasks in world time, one generator step after the other, and keeps them. */
export class TaskEngine {
  readonly #clock: WorldClock;
  readonly #hooks: TaskEngineHooks;
  readonly #running = new Map<string, Running>();
  readonly #byNode = new Map<string, LabTask[]>();
  readonly #byUpid = new Map<string, LabTask>();

  constructor(clock: WorldClock, hooks: TaskEngineHooks) {
    this.#clock = clock;
    this.#hooks = hooks;
  }

  /**
   * Starts a task; its first step runs before this returns.
   *
   * @param decorate puts a stamp before each log line, as PBS does.
   */
  start(task: LabTask, body: TaskBody, decorate: (text: string) => string = (text) => text): LabTask {
    this.#keep(task);
    const handle: TaskHandle = {
      task,
      log: (line) => void (task.log.length < MAX_LOG_LINES && task.log.push(decorate(line))),
      warn: (text) => {
        running.warnings += 1;
        handle.log(`WARN: ${text}`);
      },
    };
    const running: Running = { task, steps: body(handle), line: decorate, warnings: 0 };
    this.#running.set(task.upid, running);
    this.#hooks.onStart(task);
    this.#step(running, () => running.steps.next());
    return task;
  }

  /** A task that was there before the lab started. */
  addFinished(task: LabTask): void {
    this.#keep(task);
  }

  /** Interrupts a running task as DELETE on its path does. Finished and unknown ones are left alone. */
  interrupt(upid: string, reason = 'received interrupt'): void {
    const running = this.#running.get(upid);
    if (running === undefined) return;
    running.cancelWait?.();
    this.#step(running, () => running.steps.throw(new TaskInterrupted(reason)));
  }

  /** The worker vanishes without a last line, as after kill -9 or a power cut. `status` is what the product then says. */
  kill(upid: string, status = 'unexpected status'): void {
    const running = this.#running.get(upid);
    if (running === undefined) return;
    running.cancelWait?.();
    this.#end(running, status);
  }

  get(upid: string): LabTask | undefined {
    return this.#byUpid.get(upid);
  }

  /** Every kept task of a node, oldest start first. */
  ofNode(node: string): readonly LabTask[] {
    return this.#byNode.get(node) ?? [];
  }

  running(): LabTask[] {
    return [...this.#running.values()].map((r) => r.task);
  }

  #keep(task: LabTask): void {
    const list = this.#byNode.get(task.node) ?? [];
    this.#byNode.set(task.node, list);
    list.push(task);
    this.#byUpid.set(task.upid, task);
    while (list.length > MAX_TASKS_PER_NODE) {
      const index = list.findIndex((t) => t.status !== undefined);
      if (index < 0) break;
      for (const gone of list.splice(index, 1)) this.#byUpid.delete(gone.upid);
    }
  }

  #step(running: Running, advance: () => IteratorResult<number, void>): void {
    try {
      const result = advance();
      if (result.done === true) {
        const status = running.warnings > 0 ? `WARNINGS: ${running.warnings}` : 'OK';
        running.task.log.push(running.line(`TASK ${status}`));
        this.#end(running, status);
        return;
      }
      running.cancelWait = this.#clock.schedule(this.#clock.now() + result.value, () =>
        this.#step(running, () => running.steps.next()),
      );
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      running.task.log.push(running.line(`TASK ERROR: ${text}`));
      this.#end(running, text.replaceAll('\n', ' '));
    }
  }

  #end(running: Running, status: string): void {
    this.#running.delete(running.task.upid);
    running.task.endedAt = Math.floor(this.#clock.now() / 1000);
    running.task.status = status;
    this.#hooks.onEnd(running.task);
  }
}
