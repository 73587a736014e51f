import type { NotificationReading, NotificationText } from '../../notification.ts';

const TITLE = /^([A-Za-z]{1,40}) event on (\/dev\/[^\s:]{1,100}):([^\s]{1,253})/;

export function recognisesMdadm({ title }: NotificationText): boolean {
  return TITLE.test(title);
}

/** Mail of `mdadm --monitor`. */
export function readMdadm({ title, body }: NotificationText): NotificationReading {
  const named = TITLE.exec(title);
  const event = named?.[1];
  const component = /component device (\/dev\/[^\s,]{1,100}?)[.,]?(?:\s|$)/.exec(body.slice(0, 4_096))?.[1];
  return {
    type: event === 'TestMessage' ? 'notification.test.received' : 'mdraid.device.failed',
    evidence: body.includes('detected on md device'),
    ...(named?.[3] === undefined ? {} : { node: named[3] }),
    facts: {
      ...(named?.[2] === undefined ? {} : { array: named[2] }),
      ...(component === undefined ? {} : { component }),
      ...(event === undefined ? {} : { event }),
    },
  };
}
