import { percentOf } from '../percent.ts';
import { defineStateRule } from '../rule.ts';

const GIB = 1_024 ** 3;
/** Less is soon gone: one package upgrade or a day of logs. */
const LEAST_FREE = 5 * GIB;
/** A small disk that is half empty has less than that, and is well. */
const LEAST_PERCENT = 70;

/** A full root file system stops the node's own services, its logs and, on a small installation, its guests. */
export const nodeRootfs = defineStateRule({
  name: 'node-rootfs',
  condition: 'node.rootfs.high',
  summary: `The root file system of a node is nearly full, or has less than 5 GiB left and is ${LEAST_PERCENT} % full.`,
  entry: 'node',
  unit: '%',
  defaults: { enabled: true, warn: 85, crit: 95, clear: 80, for: 300, clearFor: 300 },
  read({ status, disk, maxdisk }, { settings }) {
    const value = status === 'online' ? percentOf(disk, maxdisk) : undefined;
    if (value === undefined || disk === undefined || maxdisk === undefined) return undefined;
    const isShort = maxdisk - disk < LEAST_FREE && value >= LEAST_PERCENT;
    const isCritical = settings.crit !== undefined && value >= settings.crit;
    return isShort && !isCritical ? { value, level: 'warn' } : { value };
  },
  tell: ({ node, disk = 0, maxdisk = 0 }, { value }) => ({
    title: `Root file system of ${node} is nearly full`,
    cause: `${value} % is used, ${Math.round(((maxdisk - disk) / GIB) * 10) / 10} GiB are left`,
  }),
  over: ({ node }) => `Root file system of ${node} has room again`,
});
