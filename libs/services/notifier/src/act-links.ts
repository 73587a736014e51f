import { hash } from 'node:crypto';
import type { Notification } from '@proxmox-mcp/schemas';
import { type ActOp, signAct } from '@proxmox-mcp/service-kit';
import type { ActLink } from './channels/channel.ts';

/** A message that is older is found in no hurry, and there are other ways to acknowledge. */
const VALID_MS = 3 * 86_400_000;

const LABELS: Readonly<Record<ActOp, string>> = { acknowledge: 'Acknowledge', silence: 'Silence 1 h' };

/**
 * Makes the links of messages: pure, so that an attempt that is made twice carries the same ones. What is over, and what is about
 * no incident, has none.
 *
 * @param base address at which people reach the gateway, without a slash at its end.
 */
export function actLinksOf(base: string, secret: Buffer): (notification: Notification) => readonly ActLink[] {
  return ({ id, kind, incidentId, channel, createdAt }) => {
    if (incidentId === undefined || (kind !== 'opened' && kind !== 'updated')) return [];
    const expiresAt = Date.parse(createdAt) + VALID_MS;
    return (['acknowledge', 'silence'] as const).map((op) => {
      const nonce = hash('sha256', `${op} ${id}`, 'base64url').slice(0, 22);
      return {
        label: LABELS[op],
        url: `${base}/act/${signAct(secret, { op, incidentId, channel, expiresAt, nonce })}`,
      };
    });
  };
}
