import { benchVerdict, jestVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

const PEERS = [
  'apps/e2e/src/email',
  'apps/e2e/src/gotify',
  'apps/e2e/src/ntfy',
  'apps/e2e/src/discord',
  'libs/services/ingest-syslog/src/rsyslog',
  'libs/lab-kit/src/receivers',
];

/** Dovecot, rsyslog, SMTP, ntfy, and the pretend Gotify and Discord against their descriptions; then our share of a mail's way. */
export const point: AcceptancePoint = {
  async accept() {
    const peers = await jestVerdict(...PEERS);
    if (peers.status === 'fail') return peers;
    const mail = await benchVerdict('tools/bench/src/mail.ts');
    return {
      status: mail.status === 'fail' ? 'fail' : peers.status,
      figure: `${peers.figure}; ${mail.figure}`,
    };
  },
};
