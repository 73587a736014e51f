import { readSmartMessage, smartTypeOf } from '../../smart.ts';
import { NOISE, type LineReader } from '../syslog-line.ts';

/** smartd: attribute changes are noise, failures are not. */
export const readSmartdLine: LineReader = ({ message }) => {
  const said = readSmartMessage(message);
  if (said?.failType === undefined) return NOISE;
  return {
    type: smartTypeOf(said.failType),
    facts: {
      device: said.device,
      fail_type: said.failType,
      ...(said.count === undefined ? {} : { count: said.count }),
      message,
    },
  };
};

/** ZFS events that only say that a pool is in use. */
const BAD_STATES: ReadonlySet<string> = new Set(['FAULTED', 'DEGRADED', 'UNAVAIL', 'REMOVED', 'OFFLINE']);

/** zed: `eid=412 class=statechange pool='tank' vdev=… vdev_state=FAULTED`. */
export const readZedLine: LineReader = ({ message }) => {
  const pairs = readPairs(message);
  const eventClass = pairs
    .get('class')
    ?.replace(/^(?:ereport\.fs\.zfs|sysevent\.fs\.zfs|resource\.fs\.zfs)\./, '');
  if (eventClass === undefined) return NOISE;
  const state = pairs.get('vdev_state');
  const facts = {
    ...text('pool', pairs.get('pool')),
    ...text('vdev', pairs.get('vdev') ?? pairs.get('vdev_path')),
    ...text('vdev_guid', pairs.get('vdev_guid')),
    ...text('state', state),
    ...number('eid', pairs.get('eid')),
    class: eventClass,
    ...number('err', pairs.get('err')),
  };
  switch (eventClass) {
    case 'statechange':
      if (state !== undefined && BAD_STATES.has(state)) return { type: 'zfs.vdev.faulted', facts };
      return state === 'ONLINE' ? { type: 'zfs.vdev.online', facts } : NOISE;
    case 'checksum':
      return { type: 'zfs.vdev.checksum_error', facts };
    case 'data':
      return { type: 'zfs.data.error', facts };
    case 'io':
      return { type: 'disk.io.error', facts: { ...facts, ...text('device', pairs.get('vdev')) } };
    case 'scrub_finish':
    case 'resilver_finish':
      return { type: 'zfs.scrub.finished', facts };
    default:
      return NOISE;
  }
};

/** `key=value` and `key='value'`, separated by blanks. */
function readPairs(message: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  const pattern = /([a-z_]{1,30})=(?:'([^'\n]{0,300})'|(\S{0,300}))/g;
  for (const match of message.slice(0, 8_192).matchAll(pattern)) {
    const key = match[1];
    if (key !== undefined && !pairs.has(key)) pairs.set(key, match[2] ?? match[3] ?? '');
  }
  return pairs;
}

function text(key: string, value: string | undefined): Record<string, string> {
  return value === undefined || value === '' ? {} : { [key]: value };
}

function number(key: string, value: string | undefined): Record<string, number> {
  return value !== undefined && /^\d{1,12}$/.test(value) ? { [key]: Number(value) } : {};
}
