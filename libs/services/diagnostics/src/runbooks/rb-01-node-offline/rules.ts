import type { Evidence } from '@proxmox-mcp/schemas';
import type { Conclusion, Rule } from '../runbook.ts';
import type { NodeOfflineEvidence } from './evidence.ts';

type E = NodeOfflineEvidence;

/** Written by every clean shutdown and reboot of a node, before it goes. */
const SHUTDOWN_TASKS: ReadonlySet<string> = new Set(['stopall', 'bulk-shutdown']);

/** What people do before they restart a node. */
const MAINTENANCE_TASKS: ReadonlySet<string> = new Set(['vncshell', 'termproxy', 'aptupdate']);

/** Ordered: what would make the later ones wrong comes first. */
export const rules: readonly Rule<E>[] = [
  { id: 'collector-network', isFinal: true, conclude: collectorNetwork },
  { id: 'back-online', isFinal: true, conclude: backOnline },
  { id: 'api-unreachable', isFinal: true, conclude: apiUnreachable },
  { id: 'fenced', isFinal: true, conclude: fenced },
  { id: 'planned-restart', isFinal: true, conclude: plannedRestart },
  { id: 'several-nodes', isFinal: true, conclude: severalNodes },
  { id: 'down', isFinal: true, conclude: down },
];

function collectorNetwork(evidence: E): Conclusion | undefined {
  if (evidence.views.length > 0 || evidence.silent.length === 0) return undefined;
  return {
    claim: `No member answers us, so nothing is known of ${evidence.node} but that we cannot reach the cluster`,
    confidence: 'medium',
    evidence: evidence.silent.map((from) => ({
      source: `cluster/status from ${from}`,
      ref: '/cluster/status',
      excerpt: 'no answer',
    })),
    nextSteps: [
      'Check the network between this service and the cluster',
      `Open https://${evidence.silent[0] ?? ''} from another place`,
    ],
  };
}

function backOnline(evidence: E): Conclusion | undefined {
  if (evidence.answers !== true || seeing(evidence, 'offline').length > 0) return undefined;
  const uptime = evidence.uptime === undefined ? '' : `; it has been up for ${duration(evidence.uptime)}`;
  return {
    claim: `${evidence.node} is online again and answers${uptime}`,
    confidence: 'high',
    evidence: [
      ...views(evidence),
      { source: `status of ${evidence.node}`, ref: `/nodes/${evidence.node}/status` },
    ],
    ruledOut: ['still down'],
    nextSteps: evidence.uptime !== undefined && evidence.uptime < 1_800 ? ['Look into why it restarted'] : [],
  };
}

function apiUnreachable(evidence: E): Conclusion | undefined {
  const online = seeing(evidence, 'online');
  if (online.length === 0 || seeing(evidence, 'offline').length > 0 || evidence.answers !== false)
    return undefined;
  return {
    claim: `${evidence.node} is a member of the cluster and online to ${online.join(', ')}, but its API does not answer: pveproxy or pvedaemon hangs or is down`,
    confidence: 'high',
    subject: `node ${evidence.node}`,
    evidence: [
      ...views(evidence),
      { source: `status of ${evidence.node}`, ref: `/nodes/${evidence.node}/status`, excerpt: 'HTTP 595' },
    ],
    ruledOut: ['node without power', 'node without cluster network'],
    nextSteps: [
      `On ${evidence.node}: systemctl status pveproxy pvedaemon pvestatd`,
      'A storage that hangs blocks these services: check NFS and PBS mounts first',
    ],
  };
}

function fenced(evidence: E): Conclusion | undefined {
  const reports = evidence.reports.filter(
    (report) => report.type.startsWith('node.fence.') || report.type === 'node.watchdog.expired',
  );
  if (evidence.haServices.length === 0 && reports.length === 0 && evidence.haNode !== 'fence')
    return undefined;
  const services = evidence.haServices.map((service) => service.sid);
  const moving = services.length === 0 ? '' : `; HA recovers ${services.slice(0, 10).join(', ')} elsewhere`;
  return {
    claim: `${evidence.node} was lost and is fenced by HA${moving}. ${affected(evidence)}`,
    confidence: 'high',
    subject: `node ${evidence.node}`,
    evidence: [
      ...evidence.haServices.slice(0, 5).map((service) => ({
        source: 'HA status',
        ref: '/cluster/ha/status/current',
        excerpt: `${service.sid}: ${service.state}`,
      })),
      ...reports.slice(0, 5).map((report) => ({ source: report.type, ref: report.id, excerpt: report.at })),
      ...views(evidence),
    ],
    ruledOut: ['planned restart'],
    nextSteps: [
      'Let HA finish; do not start its guests by hand',
      `Look at the console of ${evidence.node} and at its cluster network`,
    ],
  };
}

function plannedRestart(evidence: E): Conclusion | undefined {
  const shutdown = evidence.tasks.filter((task) => SHUTDOWN_TASKS.has(task.type));
  if (shutdown.length === 0) return undefined;
  const before = evidence.tasks.filter((task) => MAINTENANCE_TASKS.has(task.type));
  return {
    claim: `${evidence.node} was shut down or restarted on purpose: it stopped its guests first. ${affected(evidence)}`,
    confidence: before.length > 0 ? 'high' : 'medium',
    subject: `node ${evidence.node}`,
    evidence: [...shutdown, ...before]
      .slice(0, 10)
      .map((task) => ({ source: `task ${task.type}`, ref: task.upid, excerpt: task.startedAt })),
    ruledOut: ['sudden loss of power or network'],
    nextSteps: ['Wait 10 minutes for it to come back; only then look further'],
  };
}

function severalNodes(evidence: E): Conclusion | undefined {
  const gone = [...new Set(evidence.views.flatMap((view) => view.offline))].sort();
  if (gone.length < 2) return undefined;
  const lost = evidence.views.some((view) => view.quorate === false);
  return {
    claim: `${gone.join(', ')} are offline together: something they share has failed, such as power or a switch${lost ? '; the cluster has lost its quorum' : ''}`,
    confidence: 'medium',
    subject: gone.join(', '),
    evidence: views(evidence),
    ruledOut: [`a fault of ${evidence.node} alone`],
    nextSteps: [
      'Check the power and the switch these nodes share',
      ...(lost ? ['Do not set expected votes by hand unless the others are proven to be off'] : []),
    ],
  };
}

function down(evidence: E): Conclusion | undefined {
  const offline = seeing(evidence, 'offline');
  if (offline.length === 0) return undefined;
  const links = evidence.reports.filter((report) => report.type.startsWith('cluster.link.'));
  const witnesses = offline.length > 1 ? `${offline.length} members agree` : `seen by ${offline[0] ?? ''}`;
  return {
    claim: `${evidence.node} is down (${witnesses}): power, hardware or its network. ${affected(evidence)}`,
    confidence: offline.length > 1 ? 'high' : 'medium',
    subject: `node ${evidence.node}`,
    evidence: [
      ...views(evidence),
      ...links.slice(0, 5).map((report) => ({ source: report.type, ref: report.id, excerpt: report.at })),
    ],
    ruledOut: [
      'planned restart: no shutdown task',
      ...(evidence.haNode === undefined ? [] : ['fencing by HA so far']),
    ],
    nextSteps: [
      `Look at the console of ${evidence.node} (IPMI, monitor)`,
      'Check its power and network cable',
    ],
  };
}

/** Ways in that see the node so. */
function seeing(evidence: E, state: 'online' | 'offline'): string[] {
  return evidence.views.filter((view) => view[state].includes(evidence.node)).map((view) => view.from);
}

function views(evidence: E): Evidence[] {
  return evidence.views.map((view) => ({
    source: `cluster/status from ${view.from}`,
    ref: '/cluster/status',
    excerpt: `online: ${view.online.join(', ')}; offline: ${view.offline.join(', ')}`,
  }));
}

function affected({ guests }: E): string {
  if (guests.length === 0) return 'No guest is known on it.';
  const names = guests
    .slice(0, 10)
    .map((guest) => (guest.name === undefined ? String(guest.vmid) : `${guest.vmid} (${guest.name})`));
  const more = guests.length > 10 ? ` and ${guests.length - 10} more` : '';
  return `${guests.length} guest${guests.length === 1 ? '' : 's'} affected: ${names.join(', ')}${more}.`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}
