import { bool, fingerprints, list, readTls, secret, serverUrl, text } from '@proxmox-mcp/config';
import type { HostTls } from '@proxmox-mcp/schemas';
import * as z from 'zod';

const Topics = secret()
  .pipe(list())
  .pipe(
    z
      .array(z.string().regex(/^[-_A-Za-z0-9]{1,64}$/, 'expected names of 1 to 64 of A-Z a-z 0-9 - _'))
      .max(50),
  );

export const NtfyConfig = z
  .object({
    NTFY_IN_ENABLED: bool()
      .optional()
      .describe(
        'Reads notifications that Proxmox hosts sent to ntfy topics. Unset: on where a server and topics are set.',
      ),
    NTFY_IN_SERVER_URL: serverUrl()
      .optional()
      .describe(
        'Address of the ntfy server. There is no default: on a public server whoever knows the topic can tell us what happened.',
      ),
    NTFY_IN_TOPICS: Topics.optional().describe(
      'Topics that Proxmox publishes to, separated by commas; on a public server they are as good as a password.',
    ),
    NTFY_IN_TOKEN: secret().optional().describe('ntfy access token of a user who may read the topics.'),
    NTFY_IN_VERIFY_SSL: bool()
      .default(true)
      .describe('Checks the certificate of the server; no: any is believed.'),
    NTFY_IN_FINGERPRINT: fingerprints()
      .optional()
      .describe('SHA-256 of the server’s certificate, to trust it alone; several separated by commas.'),
    NTFY_IN_CA_FILE: text().optional().describe('PEM file of the authority that signed the certificate.'),
  })
  .superRefine((settings, ctx) => {
    const { NTFY_IN_ENABLED: enabled, NTFY_IN_SERVER_URL: url, NTFY_IN_TOPICS: topics } = settings;
    const fault = (key: string, message: string) => ctx.addIssue({ code: 'custom', path: [key], message });
    // One of the two alone is a slip of the pen, not a way to switch it off.
    const wanted = enabled ?? (url !== undefined || topics !== undefined);
    if (!wanted) return;
    if (url === undefined) fault('NTFY_IN_SERVER_URL', 'missing: the address of the ntfy server');
    if (topics === undefined || topics.length === 0)
      fault('NTFY_IN_TOPICS', 'missing: the topics that Proxmox publishes to');
  });
export type NtfyConfig = z.infer<typeof NtfyConfig>;

/** What is needed to read topics. */
export interface NtfyAccess {
  /** Without a slash at its end. */
  readonly url: string;
  /** At least one. Secret. */
  readonly topics: readonly string[];
  readonly token: string | undefined;
  readonly tls: HostTls;
}

/** How to reach the topics; `undefined` where none are configured or they are switched off. */
export function accessOf(config: NtfyConfig): NtfyAccess | undefined {
  const { NTFY_IN_SERVER_URL: url, NTFY_IN_TOPICS: topics, NTFY_IN_TOKEN: token } = config;
  if (config.NTFY_IN_ENABLED === false || url === undefined || topics === undefined) return undefined;
  const tls = readTls({
    verify: config.NTFY_IN_VERIFY_SSL,
    fingerprint: config.NTFY_IN_FINGERPRINT,
    caFile: config.NTFY_IN_CA_FILE,
  });
  return { url, topics: [...new Set(topics)], token, tls };
}
