import type { GuestRef, Severity } from '@proxmox-mcp/schemas';
import { NOISE, type LineReader } from '../syslog-line.ts';
import { readErrorText } from './worker-lines.ts';

const NODE_STATE = /^node '([^'\s]{1,100})': state changed from '([a-z_]{1,30})' => '([a-z_]{1,30})'/;
const FENCED = /^fencing: acknowledged - got agent lock for node '([^'\s]{1,100})'/;
const SERVICE_STATE = /^service '([a-z]{1,10}:\w{1,60})': state changed from '(\w{1,30})' to '(\w{1,30})'/;
const RECOVERED =
  /^recover service '([a-z]{1,10}:\w{1,60})' from fenced node '([^'\s]{1,100})' to node '([^'\s]{1,100})'/;
const RECOVERY_FAILED =
  /^recovery policy for service ([a-z]{1,10}:\w{1,60}) failed, entering error state\. Failed nodes: ([^\n]{0,2000})$/;

/** pve-ha-crm: the cluster resource manager, which speaks on the master about every node. */
export const readHaManagerLine: LineReader = ({ message }, { node: reporter }) => {
  const state = NODE_STATE.exec(message);
  if (state !== null) {
    const [, node = null, from, to = ''] = state;
    return {
      type: 'ha.node.state.changed',
      severity: severityOfState(to),
      node,
      facts: { from, to, reporter },
    };
  }
  const fenced = FENCED.exec(message);
  if (fenced !== null) {
    return {
      type: 'node.fence.succeeded',
      node: fenced[1] ?? null,
      facts: { failed_node: fenced[1], fence_status: message, reporter },
    };
  }
  const recovered = RECOVERED.exec(message);
  if (recovered !== null) {
    const [, sid = '', from, to = null] = recovered;
    return {
      type: 'ha.service.recovered',
      node: to,
      ...guestOfService(sid),
      facts: { sid, from_node: from, to_node: to, reporter },
    };
  }
  const failed = RECOVERY_FAILED.exec(message);
  if (failed !== null) {
    const [, sid = '', nodes = ''] = failed;
    const failedNodes = nodes
      .split(',')
      .map((node) => node.trim())
      .filter((node) => node !== '');
    const facts = { sid, failed_nodes: failedNodes, reporter };
    return { type: 'ha.service.error', node: null, ...guestOfService(sid), facts };
  }
  const service = SERVICE_STATE.exec(message);
  if (service?.[3] === 'error') {
    const [, sid = '', from, to] = service;
    return {
      type: 'ha.service.error',
      node: null,
      ...guestOfService(sid),
      facts: { sid, from, to, reporter },
    };
  }
  return NOISE;
};

const MIGRATE = /^service ([a-z]{1,10}:\w{1,60}) - start (?:migrate|relocate) to node '([^'\s]{1,100})'/;
const LOST_LOCK = /^lost lock '(ha_agent_[^\s']{1,100})/;

/** pve-ha-lrm: the local resource manager of one node, and the workers it starts guests with. */
export const readHaLocalLine: LineReader = ({ message, level, pid }) => {
  const migrate = MIGRATE.exec(message);
  if (migrate !== null) {
    const [, sid = '', target] = migrate;
    return {
      type: 'ha.service.migrate.started',
      ...guestOfService(sid),
      facts: { sid, target_node: target },
    };
  }
  const lost = LOST_LOCK.exec(message);
  // The node will reset itself within a minute unless it gets the lock back.
  if (lost !== null) return { type: 'ha.lock.lost', facts: { lock: lost[1], error: message } };
  return readErrorText({ message, level }, pid === undefined ? {} : { worker_pid: pid }) ?? NOISE;
};

/** watchdog-mux logs the end of a node at level info: the text decides, not the PRI. */
export const readWatchdogLine: LineReader = ({ message }) => {
  const match = /^client(?: \(PID (\d{1,9})\))? watchdog (is about to expire|expired)/.exec(message);
  if (match === null) return NOISE;
  return {
    type: match[2] === 'expired' ? 'node.watchdog.expired' : 'node.watchdog.expiring',
    facts: match[1] === undefined ? {} : { client_pid: Number(match[1]) },
  };
};

function severityOfState(to: string): Severity {
  if (to === 'fence') return 'critical';
  return to === 'unknown' ? 'error' : 'notice';
}

function guestOfService(sid: string): { guest?: GuestRef } {
  const match = /^(vm|ct):([1-9]\d{0,8})$/.exec(sid);
  if (match === null) return {};
  return { guest: { kind: match[1] === 'vm' ? 'qemu' : 'lxc', vmid: Number(match[2]) } };
}
