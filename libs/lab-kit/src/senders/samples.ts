import type { LabListener, LabNotification, LabOrigin, LabSyslogLine } from '../world/listener.ts';
import type { Audible } from './index.ts';

/** A node of a cluster. */
export const PVE1: LabOrigin = { product: 'pve', node: 'pve1', cluster: 'atlas', fqdn: 'pve1.example.net' };
/** A backup server. */
export const PBS1: LabOrigin = { product: 'pbs', node: 'pbs1', fqdn: 'pbs1.example.net' };

/** The end of a failed backup, as the journal has it. */
export const LINE: LabSyslogLine = {
  origin: PVE1,
  at: Date.parse('2026-03-14T01:07:31.551Z'),
  node: 'pve1',
  tag: 'pvescheduler',
  pid: 237_921,
  pri: 27,
  text: '<root@pam> end task UPID:pve1:0003A1F2:0A5C11D3:69B4B314:vzdump::root@pam: job errors',
};

/** What a GC run of a PBS tells. */
export const NOTIFICATION: LabNotification = {
  type: 'gc',
  severity: 'info',
  timestamp: 1_773_462_111,
  fields: { type: 'gc', hostname: 'pbs1', datastore: 'tank-main' },
  title: "Garbage Collect Datastore 'tank-main' successful ",
  body: 'Datastore:            tank-main\nRemoved garbage:      16 GiB\n\nGarbage collection successful.\n',
};

/** A lab that says what a test tells it to. */
export function talker(): Audible & Required<LabListener> {
  const listeners = new Set<LabListener>();
  return {
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onSyslog: (line) => listeners.forEach((listener) => listener.onSyslog?.(line)),
    onNotification: (origin, notification) =>
      listeners.forEach((listener) => listener.onNotification?.(origin, notification)),
  };
}
