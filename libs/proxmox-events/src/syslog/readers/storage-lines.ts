import { NOISE, unescapeText, type LineReader } from '../syslog-line.ts';

const OFFLINE = /^storage '([^'\s]{1,100})' is not online/;
const PBS_DOWN = /^([A-Za-z][A-Za-z0-9._-]{0,99}): error fetching datastores - ([\s\S]*)$/;
const NOT_ACTIVATED = /^(?:unable to|could not) activate storage '([^'\s]{1,100})'(?: - |: |, )([\s\S]*)$/;
// mount.cifs puts the errno in parentheses.
const MOUNT_ERROR = /^mount error(?:\(\d{1,5}\))?: ([\s\S]*)$/;
/** Where PVE mounts what it mounts itself. */
const MOUNT_POINT = /\/mnt\/pve\/([A-Za-z](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_])?)/;
const SLOW = /^status update time \((\d{1,6}(?:\.\d{1,6})?) seconds\)/;

/** pvestatd asks every storage every ten seconds, and repeats itself as often. */
export const readStatdLine: LineReader = ({ message }) => {
  const offline = OFFLINE.exec(message);
  if (offline?.[1] !== undefined) return unavailable(offline[1]);
  const down = PBS_DOWN.exec(message) ?? NOT_ACTIVATED.exec(message);
  if (down?.[1] !== undefined) return unavailable(down[1], down[2]);
  const mount = MOUNT_ERROR.exec(message);
  if (mount !== null) return unavailable(MOUNT_POINT.exec(message.slice(0, 4_096))?.[1], mount[1]);
  const slow = SLOW.exec(message);
  if (slow !== null) return { type: 'node.statd.slow', facts: { seconds: Number(slow[1]) } };
  return /^(?:auth key pair too old|got timeout|starting server|restarting server|server closing)/.test(
    message,
  )
    ? NOISE
    : undefined;
};

function unavailable(storage: string | undefined, error?: string): ReturnType<LineReader> {
  const text = error === undefined ? '' : unescapeText(error);
  return {
    type: 'storage.state.unavailable',
    ...(storage === undefined ? {} : { storage }),
    facts: text === '' ? {} : { error: text },
  };
}
