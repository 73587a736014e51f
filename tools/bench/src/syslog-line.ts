const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The node that all lines of the bench come from. */
export const BENCH_NODE = 'pve1';

/** Begins every RFC 3164 line of the bench. */
export function linePrefix(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  const day = String(at.getUTCDate()).padStart(2, ' ');
  return `<29>${MONTHS[at.getUTCMonth()] ?? 'Jan'} ${day} ${time} ${BENCH_NODE} pvedaemon[1421]: `;
}

/** One line of a task that no other line speaks of, so that each becomes an event of its own. */
export function taskLine(prefix: string, number: number): string {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0');
  const upid = `UPID:${BENCH_NODE}:${hex(number)}:0A1B2C3D:6A01B2C3:qmstart:${100 + (number % 50)}:root@pam:`;
  return `${prefix}<root@pam> starting task ${upid}`;
}
