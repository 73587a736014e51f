import { errors, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { type Consumer, NoAnswer } from '../bus.ts';
import { messageOf } from '../shared/message-of.ts';

const ERROR_HEADER = 'Pmx-Error';

/** Asks a question. @throws {NoAnswer} */
export async function askNats(
  nc: NatsConnection,
  subject: string,
  question: string,
  timeoutMs: number,
): Promise<string> {
  let answer: Msg;
  try {
    answer = await nc.request(subject, question, { timeout: timeoutMs });
  } catch (cause) {
    const none =
      cause instanceof errors.NoRespondersError ||
      (cause instanceof errors.RequestError && cause.isNoResponders());
    const why = none
      ? 'nobody listens'
      : cause instanceof errors.TimeoutError
        ? `no answer within ${timeoutMs} ms`
        : messageOf(cause);
    throw new NoAnswer(`asking ${subject}: ${why}`, { cause });
  }
  const failed = answer.headers?.has(ERROR_HEADER) === true;
  if (failed) throw new NoAnswer(answer.string());
  return answer.string();
}

/** Answers questions; those with the same group divide them. */
export function answerNats(
  nc: NatsConnection,
  where: { readonly subject: string; readonly group: string },
  answer: (question: string) => Promise<string>,
): Consumer {
  const underWay = new Set<Promise<void>>();
  const respond = async (msg: Msg) => {
    try {
      msg.respond(await answer(msg.string()));
    } catch (error) {
      const head = headers();
      head.set(ERROR_HEADER, '1');
      msg.respond(messageOf(error).slice(0, 2_000), { headers: head });
    }
  };
  const subscription = nc.subscribe(where.subject, {
    queue: where.group,
    callback: (error, msg) => {
      if (error !== null) return;
      const work = respond(msg).finally(() => underWay.delete(work));
      underWay.add(work);
    },
  });
  return {
    async stop() {
      if (!nc.isClosed()) await subscription.drain();
      await Promise.allSettled(underWay);
    },
  };
}
