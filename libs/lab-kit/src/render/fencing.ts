import { localStamp } from './units.ts';

/** What the HA manager knows when it tells of fencing a node. */
export interface FencingReport {
  readonly phase: 'try' | 'done';
  readonly node: string;
  readonly cluster: string;
  /** World time, milliseconds. */
  readonly at: number;
  readonly nodes: readonly { readonly name: string; readonly state: string; readonly isMaster: boolean }[];
  readonly services: readonly { readonly sid: string; readonly node: string; readonly state: string }[];
}

/** Subject and text part of the `fencing` template. */
export function renderFencing(report: FencingReport): { title: string; body: string } {
  const { node, phase } = report;
  const service = (s: FencingReport['services'][number]) => `- ${s.sid} [${s.node}]: ${s.state}`;
  const own = report.services.filter((s) => s.node === node).map(service);
  const others = report.services.filter((s) => s.node !== node).map(service);
  const body = [
    `The node '${node}' in cluster '${report.cluster}' failed`,
    'and needs manual intervention.',
    '',
    phase === 'try'
      ? `The PVE HA manager will now fence '${node}'.`
      : `The PVE HA manager successfully fenced '${node}'.`,
    `Status:    ${phase === 'try' ? `Try to fence node '${node}'` : `fencing: acknowledged - got agent lock for node '${node}'`}`,
    `Timestamp: ${localStamp(report.at)}`,
    '',
    'Cluster Node Status:',
    '--------------------',
    ...report.nodes.map((n) => `- ${n.name}: ${n.state} ${n.isMaster ? '[master]' : ''}`),
    '',
    'HA Resources:',
    '-------------',
    'The following HA resources were running on the failed node and will be',
    'recovered to a healthy node if possible:',
    '',
    ...own,
    'The other HA resources in this cluster are:',
    '',
    ...others,
    '',
  ].join('\n');
  return {
    title: phase === 'try' ? `Trying to fence node '${node}' ` : `Successfully fenced node '${node}' `,
    body,
  };
}
