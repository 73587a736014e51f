import { textIn } from '../../facts/keys/key.ts';
import { diskOf } from '../disk.ts';
import { on, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const IO_ERROR = 'disk.io.error';

/** Drives whose medium comes and goes, and files and networks posing as disks: the kernel complains of them every day. */
const NO_DISK = /^\/dev\/(?:sr|fd|loop|nbd)\d/;

/** A read or write that a disk did not carry out. */
export const diskIoError = defineFactRule({
  name: 'disk-io-error',
  condition: IO_ERROR,
  summary: 'The kernel or ZFS reports an I/O error of a disk. Over after a day without another one.',
  types: [IO_ERROR],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read(fact) {
    const disk = diskOf(fact);
    if (disk === undefined || NO_DISK.test(disk.name)) return undefined;
    const pool = textIn(fact, 'pool');
    return {
      trouble: {
        ...troubleIn(fact),
        condition: IO_ERROR,
        anchor: disk.object,
        object: disk.object,
        severity: 'error',
        title: `I/O errors of disk ${disk.name}${on(fact)}`,
        cause: `${disk.name}${pool === undefined ? '' : ` of pool ${pool}`} did not carry out a read or write`,
        expiresAfter: 86_400,
      },
    };
  },
});
