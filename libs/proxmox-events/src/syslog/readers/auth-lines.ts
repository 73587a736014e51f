import { unescapeText, type LineReader } from '../syslog-line.ts';

const FAILED = /^authentication failure; rhost=(\S{0,100}) user=([\s\S]*?) msg=([\s\S]*)$/;
const TOKEN_FAILED = /^authentication failure: ([\s\S]{1,2000})$/;
const SUCCEEDED = /^<[^<>\s]{1,200}> successful auth for user '([^'\n]{1,200})'/;

/** Logins to the API of PVE (pvedaemon, pveproxy) and PBS. Successful ones of PBS are not in the journal. */
export const readAuthLine: LineReader = ({ message }) => {
  if (message.startsWith('authentication failure')) {
    const failed = FAILED.exec(message);
    if (failed !== null) {
      return {
        type: 'auth.login.failed',
        facts: {
          ...remoteHost(failed[1] ?? ''),
          user: (failed[2] ?? '').trim(),
          message: unescapeText(failed[3] ?? ''),
        },
      };
    }
    const token = TOKEN_FAILED.exec(message);
    return token?.[1] === undefined ? undefined : tokenFailed(unescapeText(token[1]));
  }
  const succeeded = SUCCEEDED.exec(message);
  return succeeded === null ? undefined : { type: 'auth.login.succeeded', facts: { user: succeeded[1] } };
};

function tokenFailed(message: string): ReturnType<LineReader> {
  const user = /^no such token '[^'\n]{1,200}' for user '([^'\n]{1,200})'/.exec(message)?.[1];
  return { type: 'auth.token.failed', facts: { ...(user === undefined ? {} : { user }), message } };
}

// Names are the stranger's: the last "from … port …" is sshd's own, whatever the name holds.
const SSH_FAILED =
  /^Failed (\S{1,60}) for (invalid user )?(.{0,300}) from (\S{1,100}) port (\d{1,5})(?: ssh2)?/;
const SSH_ACCEPTED = /^Accepted (\S{1,60}) for (.{1,300}) from (\S{1,100}) port (\d{1,5}) ssh2(?:$|:)/;

/** sshd of Debian 12, sshd-session of Debian 13. */
export const readSshLine: LineReader = ({ message }) => {
  const failed = SSH_FAILED.exec(message);
  if (failed !== null) {
    return {
      type: 'auth.ssh.failed',
      facts: {
        user: failed[3],
        invalid_user: failed[2] !== undefined,
        rhost: plainAddress(failed[4] ?? ''),
        rport: Number(failed[5]),
        method: failed[1],
      },
    };
  }
  const accepted = SSH_ACCEPTED.exec(message);
  if (accepted === null) return undefined;
  return {
    type: 'auth.ssh.succeeded',
    facts: {
      user: accepted[2],
      rhost: plainAddress(accepted[3] ?? ''),
      rport: Number(accepted[4]),
      method: accepted[1],
    },
  };
};

/** `::ffff:203.0.113.9` → `203.0.113.9`; `[::ffff:203.0.113.9]:51234` → address and port. */
export function remoteHost(text: string): { rhost?: string; rport?: number } {
  const bracketed = /^\[([^\]]{1,100})\](?::(\d{1,5}))?$/.exec(text);
  const rhost = plainAddress(bracketed?.[1] ?? text);
  const port = bracketed?.[2];
  return { ...(rhost === '' ? {} : { rhost }), ...(port === undefined ? {} : { rport: Number(port) }) };
}

/** An IPv4 address without the IPv6 wrapping that dual-stack sockets give it. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d{1,3}\.)/i, '');
}
