import type { GuestRef } from '@proxmox-mcp/schemas';
import type { SyslogReading } from './syslog-line.ts';

/** One of the two lines the kernel writes when it kills for memory; they share the pid and nothing else. */
export type OomMessage =
  | {
      /** First line: which control group the victim was in. */
      readonly kind: 'choice';
      readonly pid: number;
      readonly process: string;
      readonly guest?: GuestRef;
      readonly globalOom: boolean;
    }
  | {
      /** Second line: how much memory it had. */
      readonly kind: 'kill';
      readonly pid: number;
      readonly process: string;
      readonly anonRssKb?: number;
      readonly globalOom: boolean;
    };

const CHOICE = /\boom-kill:constraint=/;
const MEMCG = /[,:]task_memcg=([^,\s]{1,1000})/;
const TASK = /[,:]task=([^,]{1,100}),pid=(\d{1,9})/;
const KILL =
  /(Memory cgroup out of memory|Out of memory)(?: \([^)]{1,60}\))?: Killed process (\d{1,9}) \(([^)]{0,100})\)/;

/** Reads either line; `undefined` for every other kernel message. */
export function readOomMessage(message: string): OomMessage | undefined {
  const text = message.slice(0, 4_096);
  if (CHOICE.test(text)) {
    const task = TASK.exec(text);
    if (task?.[1] === undefined) return undefined;
    const guest = guestOfGroup(MEMCG.exec(text)?.[1] ?? '');
    return {
      kind: 'choice',
      pid: Number(task[2]),
      process: task[1],
      ...(guest === undefined ? {} : { guest }),
      globalOom: /,global_oom\b/.test(text),
    };
  }
  const kill = KILL.exec(text);
  if (kill === null) return undefined;
  const rss = /\banon-rss:(\d{1,15})kB/.exec(text)?.[1];
  return {
    kind: 'kill',
    pid: Number(kill[2]),
    process: kill[3] ?? '',
    ...(rss === undefined ? {} : { anonRssKb: Number(rss) }),
    globalOom: kill[1] === 'Out of memory',
  };
}

/**
 * What a kill for memory means: a VM that lost its process is gone, a container that lost one of many lives on, and a
 * process of the host is the host's own trouble.
 *
 * @param kill the second line, where it was seen too.
 */
export function oomReading(
  message: OomMessage,
  kill?: OomMessage & { readonly kind: 'kill' },
): SyslogReading {
  const guest = message.kind === 'choice' ? message.guest : undefined;
  const rss = message.kind === 'kill' ? message.anonRssKb : kill?.anonRssKb;
  const facts = {
    pid: message.pid,
    process: message.process,
    ...(rss === undefined ? {} : { anon_rss_kb: rss }),
    global_oom: message.globalOom,
  };
  if (guest === undefined) return { type: 'node.oom.process_killed', facts };
  return {
    type: guest.kind === 'qemu' ? 'guest.oom.killed' : 'guest.oom.process_killed',
    guest,
    facts,
  };
}

/** `/qemu.slice/104.scope` is a VM, `/lxc/2001/…` a container. */
function guestOfGroup(group: string): GuestRef | undefined {
  const vm = /^\/qemu\.slice\/([1-9]\d{0,8})\.scope/.exec(group)?.[1];
  if (vm !== undefined) return { kind: 'qemu', vmid: Number(vm) };
  const container = /^\/lxc(?:\.payload)?[/.]([1-9]\d{0,8})(?:\/|$)/.exec(group)?.[1];
  return container === undefined ? undefined : { kind: 'lxc', vmid: Number(container) };
}
