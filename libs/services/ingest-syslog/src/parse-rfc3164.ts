import { parseAbsoluteStamp, parsePid, type ParsedMessage, type Stamp } from './parsed-message.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
// RFC 3164 §4.1.2: "Mmm dd hh:mm:ss", the day padded with a blank.
const LOCAL_STAMP = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) /;
const ABSOLUTE_STAMP = /^(\d{4}-\S{15,32}) /;
const HOST = /^([^\s[\]]{1,255}) {1,4}/;
/** The colon is what tells a tag from a first word. */
const TAG = /^([^\s:[\]<>]{1,100})(?:\[([^\]\s]{0,32})\])?: ?/;
/** A worker of PVE, by the name of its process. The UPID ends in a colon of its own. */
const TASK_TAG = /^task UPID:[^\s[\]]{1,512}(?:\[(\d{1,9})\])?:? /;
/** rsyslog's traditional format cuts the tag, with pid and colon, at 32 characters. */
const CUT_TAG = /^(?=\S{32}(?: |$))([^\s:[\]<>]{1,32})(?:\[([^\]\s]{0,32}))? ?/;

/** Reads what follows the PRI by RFC 3164, or by it with an RFC 3339 stamp, as rsyslog's two forward formats write it. */
export function parseRfc3164(text: string): ParsedMessage | undefined {
  const stamped = readStamp(text);
  if (stamped === undefined) return undefined;
  const host = HOST.exec(stamped.rest.slice(0, 300));
  if (host?.[1] === undefined) return undefined;
  const content = stamped.rest.slice(host[0].length);
  const worker = content.startsWith('task UPID:') ? TASK_TAG.exec(content.slice(0, 600)) : null;
  if (worker !== null) {
    return {
      stamp: stamped.stamp,
      host: host[1],
      tag: 'task',
      ...parsePid(worker[1]),
      message: content.slice(worker[0].length),
    };
  }
  const tag = TAG.exec(content.slice(0, 200)) ?? CUT_TAG.exec(content.slice(0, 40));
  return {
    stamp: stamped.stamp,
    host: host[1],
    tag: tag?.[1] ?? '',
    ...parsePid(tag?.[2]),
    message: tag === null ? content : content.slice(tag[0].length),
  };
}

function readStamp(text: string): { stamp: Stamp; rest: string } | undefined {
  const local = LOCAL_STAMP.exec(text);
  if (local !== null) {
    const month = MONTHS.indexOf(local[1] ?? '') + 1;
    const [day, hour, minute, second] = local.slice(2, 6).map(Number);
    if (month === 0 || day === undefined || hour === undefined) return undefined;
    if (minute === undefined || second === undefined) return undefined;
    if (day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined;
    return { stamp: { kind: 'local', month, day, hour, minute, second }, rest: text.slice(local[0].length) };
  }
  const absolute = ABSOLUTE_STAMP.exec(text.slice(0, 64));
  const stamp = absolute?.[1] === undefined ? undefined : parseAbsoluteStamp(absolute[1]);
  return stamp === undefined || absolute === null
    ? undefined
    : { stamp, rest: text.slice(absolute[0].length) };
}
