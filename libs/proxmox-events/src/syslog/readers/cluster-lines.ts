import { NOISE, type LineReader, type SyslogOrigin } from '../syslog-line.ts';

/** pmxcfs, the cluster file system: quorum as one node sees it. */
export const readPmxcfsLine: LineReader = ({ message }, { node }) => {
  if (message.includes('[status] notice: node lost quorum')) {
    return { type: 'cluster.quorum.lost', facts: { perspective: node } };
  }
  if (message.includes('[status] notice: node has quorum')) {
    return { type: 'cluster.quorum.regained', facts: { perspective: node } };
  }
  return /^\[(?:status|dcdb)\] (?:notice|info): /.test(message) ? NOISE : undefined;
};

const MEMBERSHIP =
  /^A new membership \(([^()\s]{1,100})\) was formed\. Members(?: joined: ([\d ]{1,1000}?))?(?: left: ([\d ]{1,1000}?))?\s*$/;
const TOKEN_TIMEOUT = /token timed out \((\d{1,9}) ?ms\)(?:, waiting (\d{1,9}) ?ms for consensus)?/;
const TOKEN_LATE = /Token has not been received in (\d{1,9}) ms/;
const LINK_DOWN = /^link: host: (\d{1,9}) link: (\d{1,3}) is down/;
const LINK_UP = /^rx: host: (\d{1,9}) link: (\d{1,3}) is up/;
const LINK_JOINED = /^link: Resetting MTU for link (\d{1,3}) because host (\d{1,9}) joined/;
const NO_LINKS = /^host: host: (\d{1,9}) has no active links/;

/** corosync: membership, token and links as one node sees them. */
export const readCorosyncLine: LineReader = ({ message }, origin) => {
  const text = message.replace(/^\s{0,8}\[[A-Z]{1,10} {0,8}\] {0,8}/, '');
  if (text.startsWith('This node is within the non-primary component')) {
    return { type: 'cluster.quorum.lost', facts: { perspective: origin.node } };
  }
  if (text.startsWith('This node is within the primary component')) {
    return { type: 'cluster.quorum.regained', facts: { perspective: origin.node } };
  }
  const membership = MEMBERSHIP.exec(text);
  if (membership !== null) return membershipReading(membership);
  const token = TOKEN_TIMEOUT.exec(text) ?? TOKEN_LATE.exec(text);
  if (token !== null) {
    const consensus = token[2] === undefined ? {} : { consensus_ms: Number(token[2]) };
    return { type: 'cluster.token.lost', facts: { token_ms: Number(token[1]), ...consensus } };
  }
  const down = LINK_DOWN.exec(text);
  if (down !== null) return { type: 'cluster.link.down', facts: peer(origin, down[1], down[2]) };
  const up = LINK_UP.exec(text);
  if (up !== null) return { type: 'cluster.link.up', facts: peer(origin, up[1], up[2]) };
  const joined = LINK_JOINED.exec(text);
  if (joined !== null) return { type: 'cluster.link.up', facts: peer(origin, joined[2], joined[1]) };
  const none = NO_LINKS.exec(text);
  if (none !== null) return { type: 'cluster.peer.unreachable', facts: peer(origin, none[1]) };
  return NOISE;
};

function membershipReading([, ring, joined, left]: RegExpExecArray): ReturnType<LineReader> {
  const facts = { ring_id: ring, left_nodeids: ids(left), joined_nodeids: ids(joined) };
  if (facts.left_nodeids.length > 0) return { type: 'cluster.member.left', facts };
  if (facts.joined_nodeids.length > 0) return { type: 'cluster.member.joined', severity: 'notice', facts };
  return NOISE;
}

function ids(text: string | undefined): number[] {
  return (text ?? '')
    .split(' ')
    .filter((id) => id !== '')
    .map(Number);
}

function peer(origin: SyslogOrigin, nodeid: string | undefined, link?: string): Record<string, unknown> {
  const name = origin.source.nodes.find((node) => node.nodeid === Number(nodeid))?.name;
  return {
    peer_nodeid: Number(nodeid),
    ...(name === undefined ? {} : { peer_node: name }),
    ...(link === undefined ? {} : { link: Number(link) }),
  };
}
