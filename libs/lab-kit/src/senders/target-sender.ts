import type { NotificationConfig } from '../world/notification-config.ts';
import type { LabOrigin } from '../world/listener.ts';
import { deliverTo } from './deliver-target.ts';
import { Queue } from './queue.ts';
import type { Sender } from './sender.ts';

/** Delivers what hosts say to the targets that were set up through their API, as their matchers have it. */
export function createTargetSender(configOf: (origin: LabOrigin) => NotificationConfig | undefined): Sender {
  const queue = new Queue('target');
  return {
    onNotification(origin, notification) {
      // A test goes to the one target it is for, and not by the matchers.
      if (notification.type === 'test') return;
      for (const target of configOf(origin)?.targetsOf(notification) ?? [])
        queue.add(() => deliverTo(target, notification));
    },
    settled: () => queue.settled(),
    failures: () => queue.failures,
    stop: () => queue.settled(),
  };
}
