import type { NotificationReading, NotificationText } from '../../notification.ts';

const FAULT = /^ZFS device fault for pool ([^\s]{1,255}) on ([^\s]{1,253})/;
const EVENT = /^ZFS ([a-z_.]{1,40}) (event|error) for ([^\s]{1,255}) on ([^\s]{1,253})/;

export function recognisesZed({ title }: NotificationText): boolean {
  return FAULT.test(title) || EVENT.test(title);
}

/** Mails of the ZFS event daemon: a vdev's state, data errors, the end of a scrub or resilver. */
export function readZed(text: NotificationText): NotificationReading {
  const { title, labels } = text;
  const fault = FAULT.exec(title);
  const event = EVENT.exec(title);
  // "tank (0x1122…)": name and GUID.
  const pool = /^(\S{1,255})(?: \((0x[0-9A-Fa-f]{1,20})\))?/.exec(labels.get('pool') ?? '');
  const eid = labels.get('eid');
  const host = labels.get('host') ?? fault?.[2] ?? event?.[4];
  const eventClass = labels.get('class') ?? event?.[1];
  const common = {
    pool: pool?.[1] ?? fault?.[1] ?? event?.[3],
    ...(pool?.[2] === undefined ? {} : { pool_guid: pool[2] }),
    ...(eid !== undefined && /^\d{1,12}$/.test(eid) ? { eid: Number(eid) } : {}),
    ...(eventClass === undefined ? {} : { class: eventClass }),
  };
  const base = { evidence: eid !== undefined, ...(host === undefined ? {} : { node: host }) };
  if (fault !== null) {
    return { ...base, type: 'zfs.vdev.faulted', facts: { ...common, ...vdevFacts(text) } };
  }
  if (event?.[2] === 'event' && /_finish$/.test(event[1] ?? ''))
    return { ...base, ...finished(text, common) };
  if (event?.[2] === 'error') {
    return { ...base, type: 'zfs.data.error', facts: { ...common, ...vdevFacts(text), ...errorFacts(text) } };
  }
  return { ...base, type: 'system.mail.received', facts: { ...common, mail_kind: 'other', subject: title } };
}

function vdevFacts({ labels }: NotificationText): Record<string, unknown> {
  const facts: Record<string, unknown> = {};
  const vdev = labels.get('vpath') ?? labels.get('devid');
  if (vdev !== undefined && vdev !== '') facts['vdev'] = vdev;
  if (labels.has('vguid')) facts['vdev_guid'] = labels.get('vguid');
  if (labels.has('state')) facts['state'] = labels.get('state');
  return facts;
}

function errorFacts({ labels }: NotificationText): Record<string, unknown> {
  const error = labels.get('error');
  const objid = labels.get('objid');
  return {
    ...(error !== undefined && /^\d{1,9}$/.test(error) ? { zio_error: Number(error) } : {}),
    ...(objid === undefined ? {} : { objid }),
  };
}

/** `scan: scrub repaired 132K in 01:00:00 with 0 errors on …`; a pool that is whole and free of errors is good news. */
function finished(
  { labels }: NotificationText,
  common: Record<string, unknown>,
): Omit<NotificationReading, 'evidence'> {
  const state = labels.get('state');
  const scan = labels.get('scan');
  const counted = /(?:repaired|resilvered) (\S{1,20}) in .{1,40} with (\d{1,12}) errors/.exec(scan ?? '');
  const errors = counted?.[2] === undefined ? undefined : Number(counted[2]);
  return {
    type: 'zfs.scrub.finished',
    severity: state === 'ONLINE' && errors === 0 ? 'info' : 'warning',
    facts: {
      ...common,
      ...(state === undefined ? {} : { pool_state: state }),
      ...(counted?.[1] === undefined ? {} : { repaired: counted[1] }),
      ...(errors === undefined ? {} : { errors }),
      ...(scan === undefined ? {} : { scan }),
    },
  };
}
