import { diffSubscription, readSubscription, type SubscriptionSnapshot } from '@proxmox-mcp/proxmox-events';
import type { Poll } from './poll.ts';

/** Subscriptions that come to their end. */
export const subscription: Poll<SubscriptionSnapshot> = {
  name: 'subscription',
  setting: 'WEBSOCKET_SUBSCRIPTION_SECONDS',
  asks: { pve: '/nodes/{node}/subscription', pbs: '/nodes/localhost/subscription' },
  tells: ['subscription.expiring', 'subscription.inactive', 'subscription.active'],
  of: 'node',
  look: async ({ port, node, ask, nowMs }) =>
    readSubscription(await ask((signal) => port.subscription(node, signal)), nowMs),
  diff: diffSubscription,
};
