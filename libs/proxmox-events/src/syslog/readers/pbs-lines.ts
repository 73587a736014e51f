import { guestOfGroup } from '../../upid/task-subject.ts';
import { unescapeText, type LineReader, type SyslogReading } from '../syslog-line.ts';
import { plainAddress, readAuthLine, remoteHost } from './auth-lines.ts';

// "from <client>" is there since PBS 4.
const BACKUP =
  /^starting new backup on datastore '([^'\s]{1,100})'(?: from (\S{1,100}))?: "([^"\s]{1,1000})"/;
const TASK_ERROR = /^TASK ERROR: ([\s\S]*)$/;
const REQUEST =
  /^([A-Z]{3,10}) (\/\S{0,2000}): (\d{3}) [A-Za-z ]{1,60}: \[client ([^\s]{1,100})\](?: user [^\s]{1,200})? ?([\s\S]*)$/;

/** proxmox-backup-proxy and -api. UPIDs are never in their journal: these lines are joined by text and time alone. */
export const readPbsLine: LineReader = (line, origin) => {
  const { message } = line;
  const backup = BACKUP.exec(message);
  if (backup !== null) return backupStarted(backup);
  const error = TASK_ERROR.exec(message);
  if (error !== null) return { type: 'task.failed', facts: { error: unescapeText(error[1] ?? '') } };
  const request = REQUEST.exec(message);
  if (request !== null) {
    const [, method, path, status, client = '', text = ''] = request;
    return {
      type: 'api.request.failed',
      facts: {
        method,
        path,
        http_status: Number(status),
        client: remoteHost(client).rhost,
        message: unescapeText(text),
      },
    };
  }
  return readAuthLine(line, origin);
};

function backupStarted([, datastore = '', from, path = '']: RegExpExecArray): SyslogReading | undefined {
  const parts = path.split('/');
  const spaces: string[] = [];
  // "ns/a/ns/b/vm/101/TIME": one "ns/" before every level.
  while (parts[0] === 'ns' && parts.length > 3) {
    spaces.push(parts[1] ?? '');
    parts.splice(0, 2);
  }
  const [type = '', id = '', time] = parts;
  if (!/^(?:vm|ct|host)$/.test(type) || id === '') return undefined;
  const guest = guestOfGroup(type, id);
  return {
    type: 'backup.snapshot.started',
    ...(guest === undefined ? {} : { guest }),
    storage: datastore,
    facts: {
      datastore,
      namespace: spaces.join('/'),
      group: `${type}/${id}`,
      ...(time === undefined ? {} : { backup_time: time }),
      ...(from === undefined ? {} : { client: clientOf(from) }),
    },
  };
}

function clientOf(text: string): string {
  return remoteHost(text).rhost ?? plainAddress(text);
}
