import { bool, secret, serverUrl, text } from '@proxmox-mcp/config';
import * as z from 'zod';
import { defineChannel } from '../channel.ts';
import { type Answer, type Fault, post } from '../post.ts';
import { renderMatrix } from './render.ts';

const Accepted = z.object({ event_id: z.string() });
const Limited = z.object({ retry_after_ms: z.number().nonnegative() });

/** Matrix client-server API: PUT …/send/m.room.message/{txnId}. The transaction is the notification: sent twice, it is one event. */
export const matrix = defineChannel({
  name: 'matrix',
  words: ['MATRIX', 'MATRIX_OUT'],
  switchKey: 'MATRIX_ENABLED',
  config: {
    MATRIX_ENABLED: bool().optional().describe('Send notifications to a Matrix room.'),
    MATRIX_HOMESERVER_URL: serverUrl()
      .optional()
      .describe('Address of the homeserver, e.g. https://matrix.example.net.'),
    MATRIX_ACCESS_TOKEN: secret().optional().describe('Access token of the account that writes.'),
    MATRIX_ROOM_ID: text()
      .refine((room) => /^![^\s/]{1,254}$/.test(room), 'expected a room id, which begins with !')
      .optional()
      .describe(
        'Id of the room (!…, in its settings); the account must be a member. The room cannot be encrypted.',
      ),
  },
  faults: (config) => [
    ...(config.MATRIX_HOMESERVER_URL === undefined
      ? [{ key: 'MATRIX_HOMESERVER_URL', message: 'address of the homeserver' }]
      : []),
    ...(config.MATRIX_ACCESS_TOKEN === undefined
      ? [{ key: 'MATRIX_ACCESS_TOKEN', message: 'access token of a Matrix account' }]
      : []),
    ...(config.MATRIX_ROOM_ID === undefined ? [{ key: 'MATRIX_ROOM_ID', message: 'id of the room' }] : []),
  ],
  create: (config, { dispatcher, now, actLinks }) => ({
    async send(notification, signal, earlier) {
      const room = encodeURIComponent(config.MATRIX_ROOM_ID ?? '');
      const transaction = encodeURIComponent(notification.id);
      const path = `_matrix/client/v3/rooms/${room}/send/m.room.message/${transaction}`;
      const { json } = await post({
        method: 'PUT',
        url: `${config.MATRIX_HOMESERVER_URL}/${path}`,
        headers: { authorization: `Bearer ${config.MATRIX_ACCESS_TOKEN}` },
        body: JSON.stringify(renderMatrix(notification, actLinks?.(notification), earlier)),
        dispatcher,
        signal,
        now,
        fault,
      });
      const accepted = Accepted.safeParse(json);
      return accepted.success ? { remoteId: accepted.data.event_id } : {};
    },
  }),
});

/** Servers older than v1.10 of the specification say the wait only in the body. */
function fault({ json }: Answer): Fault | undefined {
  const limited = Limited.safeParse(json);
  return limited.success ? { retryAfterMs: limited.data.retry_after_ms } : undefined;
}
