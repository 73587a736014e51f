import { diffCertificates, readCertificates, type CertificateSnapshot } from '@proxmox-mcp/proxmox-events';
import type { Poll, SlowPort } from './poll.ts';

const shared = {
  name: 'certificates',
  setting: 'WEBSOCKET_CERTIFICATES_SECONDS',
  tells: ['certificate.expiring', 'certificate.expired', 'certificate.renewed'],
  of: 'node',
  look: async ({ port, node, ask, nowMs }) =>
    readCertificates(await ask((signal) => port.certificates(node, signal)), nowMs),
  well: () => ({}),
  diff: diffCertificates,
} satisfies Omit<Poll<CertificateSnapshot, SlowPort>, 'asks'>;

/** Certificates of PVE nodes that come to their end; anybody may read them. */
export const certificates: Poll<CertificateSnapshot> = {
  ...shared,
  asks: { pve: '/nodes/{node}/certificates/info' },
};

/** The same of a PBS, which wants the right to change them for it. */
export const pbsCertificates: Poll<CertificateSnapshot> = {
  ...shared,
  asks: { pbs: '/nodes/localhost/certificates/info' },
  needs: { pbs: 'read-certificates' },
  isOptional: true,
};
