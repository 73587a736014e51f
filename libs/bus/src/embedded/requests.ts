import { type Consumer, NoAnswer } from '../bus.ts';

type Answerer = (question: string) => Promise<string>;

/** Questions and answers within the process. They go through JSON, so that they behave as over a wire. */
export class Requests {
  readonly #groups = new Map<string, Map<string, Answerer[]>>();

  answer(subject: string, group: string, answerer: Answerer): Consumer {
    const groups = this.#groups.get(subject) ?? new Map<string, Answerer[]>();
    this.#groups.set(subject, groups);
    groups.set(group, [...(groups.get(group) ?? []), answerer]);
    const under = new Set<Promise<unknown>>();
    return {
      stop: async () => {
        const left = (groups.get(group) ?? []).filter((other) => other !== answerer);
        if (left.length > 0) groups.set(group, left);
        else groups.delete(group);
        await Promise.allSettled(under);
      },
    };
  }

  /** @throws {NoAnswer} */
  async ask(subject: string, question: string, timeoutMs: number): Promise<string> {
    const groups = this.#groups.get(subject);
    if (groups === undefined || groups.size === 0) throw new NoAnswer(`asking ${subject}: nobody listens`);
    const asked: Promise<string>[] = [];
    for (const [group, answerers] of groups) {
      const [first, ...rest] = answerers;
      if (first === undefined) continue;
      groups.set(group, [...rest, first]);
      asked.push(first(question));
    }
    return await withTimeout(Promise.race(asked), timeoutMs, subject);
  }
}

async function withTimeout(answer: Promise<string>, timeoutMs: number, subject: string): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new NoAnswer(`asking ${subject}: no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
