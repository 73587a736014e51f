import { NOISE, type LineReader } from '../syslog-line.ts';
import { oomReading, readOomMessage } from '../oom.ts';

const NFS_LOST = /\bnfs: server (\S{1,255}) not responding, (?:still trying|timed out)/;
const NFS_BACK = /\bnfs: server (\S{1,255}) OK\b/;
const IO_ERROR =
  /(?:I\/O error|critical (?:medium|target) error), dev ([A-Za-z0-9_/!-]{1,60}), sector (\d{1,18})(?: op 0x[0-9a-fA-F]{1,4}:\(([A-Z_]{1,30})\))?/;
const BUFFER_ERROR = /Buffer I\/O error on dev(?:ice)? ([A-Za-z0-9_/!-]{1,60}), logical block (\d{1,18})/;
const POOL_SUSPENDED =
  /Pool '([^'\s]{1,255})' has encountered an uncorrectable I\/O failure and has been suspended/;

/** kernel messages; each may begin with its own `[seconds since boot]`. */
export const readKernelLine: LineReader = ({ message, next }) => {
  const oom = readOomMessage(message);
  if (oom !== undefined) {
    const second = next === undefined ? undefined : readOomMessage(next);
    return oomReading(oom, second?.kind === 'kill' ? second : undefined);
  }
  const lost = NFS_LOST.exec(message);
  if (lost !== null) return { type: 'storage.nfs.timeout', facts: { server: lost[1] } };
  const back = NFS_BACK.exec(message);
  if (back !== null) return { type: 'storage.nfs.recovered', facts: { server: back[1] } };
  const buffer = BUFFER_ERROR.exec(message);
  if (buffer !== null) {
    return { type: 'disk.io.error', facts: { device: buffer[1], block: Number(buffer[2]) } };
  }
  const io = IO_ERROR.exec(message);
  if (io !== null) {
    const op = io[3] === undefined ? {} : { op: io[3] };
    return { type: 'disk.io.error', facts: { device: io[1], sector: Number(io[2]), ...op } };
  }
  const pool = POOL_SUSPENDED.exec(message);
  return pool === null ? NOISE : { type: 'zfs.pool.suspended', facts: { pool: pool[1] } };
};
