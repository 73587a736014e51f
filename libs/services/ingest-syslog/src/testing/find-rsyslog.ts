import { existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian's rsyslog, and logger(1) to feed it. */
export interface RsyslogProgram {
  readonly rsyslogd: string;
  readonly logger: string;
  /** Whether the driver for TLS is there too. */
  readonly hasTls: boolean;
}

/** Why there is none. */
export interface NoRsyslog {
  readonly reason: string;
}

const SBIN = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

/** Looks for rsyslogd and logger on PATH and where Debian puts them; `tools/peers/rsyslog.sh` installs them. */
export function findRsyslog(env: NodeJS.ProcessEnv): RsyslogProgram | NoRsyslog {
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), ...SBIN];
  const find = (name: string) => folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  const rsyslogd = find('rsyslogd');
  const logger = find('logger');
  if (rsyslogd === undefined || logger === undefined) {
    return { reason: `no ${rsyslogd === undefined ? 'rsyslogd' : 'logger'}: run tools/peers/rsyslog.sh` };
  }
  const hasTls = globSync('/usr/lib/{*/,}rsyslog/lmnsd_gtls.so').length > 0;
  return { rsyslogd, logger, hasTls };
}
