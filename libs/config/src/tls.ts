import type { HostTls } from '@proxmox-mcp/schemas';

/** How far the certificate of a server is trusted, from its three settings: a pin wins, then the word to trust anything. */
export function readTls(settings: {
  readonly verify: boolean;
  readonly fingerprint: string | undefined;
  readonly caFile: string | undefined;
}): HostTls {
  const { verify, fingerprint, caFile } = settings;
  if (fingerprint !== undefined) return { kind: 'pin', fingerprint };
  if (!verify) return { kind: 'insecure' };
  return { kind: 'verify', ...(caFile === undefined ? {} : { caFile }) };
}
