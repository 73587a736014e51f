import { bool, fingerprints, int, list, readTls, secret, serverUrl, text } from '@proxmox-mcp/config';
import type { HostTls } from '@proxmox-mcp/schemas';
import * as z from 'zod';

const AppIds = list().pipe(
  z.array(z.string().regex(/^\d{1,9}$/, 'expected numbers, as Gotify counts its applications')),
);

export const GotifyConfig = z
  .object({
    GOTIFY_IN_ENABLED: bool()
      .optional()
      .describe(
        'Reads notifications that Proxmox hosts sent to a Gotify server. Unset: on where its address and a client token are set.',
      ),
    GOTIFY_IN_SERVER_URL: serverUrl()
      .optional()
      .describe(
        'Address of the Gotify server, with its path if it has one, e.g. https://gotify.example.net.',
      ),
    GOTIFY_IN_CLIENT_TOKEN: secret()
      .optional()
      .describe(
        'Token of a Gotify client (Clients in its web interface); an application’s token can only post.',
      ),
    GOTIFY_IN_APP_IDS: AppIds.optional().describe(
      'Ids of the applications that Proxmox posts to, separated by commas. Unset: those of config/inventory.yaml; without any, whatever looks like Proxmox.',
    ),
    GOTIFY_IN_POLL_INTERVAL: int(2, 3_600)
      .default(15)
      .describe('Seconds between two looks at the messages where no WebSocket can be had.'),
    GOTIFY_IN_VERIFY_SSL: bool()
      .default(true)
      .describe('Checks the certificate of the server; no: any is believed.'),
    GOTIFY_IN_FINGERPRINT: fingerprints()
      .optional()
      .describe('SHA-256 of the server’s certificate, to trust it alone; several separated by commas.'),
    GOTIFY_IN_CA_FILE: text().optional().describe('PEM file of the authority that signed the certificate.'),
  })
  .superRefine((settings, ctx) => {
    const { GOTIFY_IN_ENABLED: enabled, GOTIFY_IN_SERVER_URL: url, GOTIFY_IN_CLIENT_TOKEN: token } = settings;
    const fault = (key: string, message: string) => ctx.addIssue({ code: 'custom', path: [key], message });
    // One of the two alone is a slip of the pen, not a way to switch it off.
    const wanted = enabled ?? (url !== undefined || token !== undefined);
    if (!wanted) return;
    if (url === undefined) fault('GOTIFY_IN_SERVER_URL', 'missing: the address of the Gotify server');
    if (token === undefined)
      fault('GOTIFY_IN_CLIENT_TOKEN', 'missing: the token of a Gotify client, which may read messages');
  });
export type GotifyConfig = z.infer<typeof GotifyConfig>;

/** What is needed to read a Gotify server. */
export interface GotifyAccess {
  /** Without a slash at its end. */
  readonly url: string;
  readonly clientToken: string;
  readonly tls: HostTls;
}

/** How to reach the server; `undefined` where none is configured or it is switched off. */
export function accessOf(config: GotifyConfig): GotifyAccess | undefined {
  const { GOTIFY_IN_SERVER_URL: url, GOTIFY_IN_CLIENT_TOKEN: clientToken } = config;
  if (config.GOTIFY_IN_ENABLED === false || url === undefined || clientToken === undefined) return undefined;
  const tls = readTls({
    verify: config.GOTIFY_IN_VERIFY_SSL,
    fingerprint: config.GOTIFY_IN_FINGERPRINT,
    caFile: config.GOTIFY_IN_CA_FILE,
  });
  return { url, clientToken, tls };
}
