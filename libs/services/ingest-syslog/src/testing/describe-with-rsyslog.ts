import { findRsyslog, type RsyslogProgram } from './find-rsyslog.ts';

/**
 * Declares tests that need Debian's rsyslog. Where it is not installed they count as skipped and their name says why; they never
 * count as passed.
 */
export function describeWithRsyslog(what: string, tests: (program: RsyslogProgram) => void): void {
  const found = findRsyslog(process.env);
  if ('rsyslogd' in found && found.hasTls) {
    describe(what, () => tests(found));
    return;
  }
  const reason = 'reason' in found ? found.reason : 'no rsyslog-gnutls: run tools/peers/rsyslog.sh';
  describe.skip(`${what} (${reason})`, () => {
    it('needs rsyslog', () => {});
  });
}
