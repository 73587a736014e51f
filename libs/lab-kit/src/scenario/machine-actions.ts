import { clearCephCheck, raiseCephCheck } from '../world/ceph.ts';
import { setHaState } from '../world/ha-fault.ts';
import {
  addChecksumErrors,
  endCertificate,
  failService,
  machineOf,
  offerUpdate,
  renewCertificate,
  restoreService,
  setDiskHealth,
  setVdev,
  suspendPool,
  wearDisk,
} from '../world/machine-faults.ts';
import type { Action } from './action.ts';

type Machine = ReturnType<typeof machineOf>;

/** On the machine of `node`: a PVE node or the PBS. The arguments are read before anything is done. */
const onMachine =
  (read: (args: Parameters<Action>[1]) => (machine: Machine) => void): Action =>
  (world, args) => {
    const name = args.text('node');
    const run = read(args);
    return () => run(machineOf(world, name));
  };

/** What can go wrong with machines, Ceph and HA, and how it ends. */
export const MACHINE_ACTIONS: Readonly<Record<string, Action>> = {
  'disk-health': onMachine((args) => {
    const [disk, health] = [args.text('disk'), args.text('health')];
    return (machine) => setDiskHealth(machine, disk, health);
  }),
  'disk-wear': onMachine((args) => {
    const [disk, left] = [args.text('disk'), args.number('left_percent')];
    return (machine) => wearDisk(machine, disk, left);
  }),
  'pool-device': onMachine((args) => {
    const [pool, state] = [args.text('pool'), args.text('state')];
    return (machine) => setVdev(machine, pool, state);
  }),
  'pool-checksums': onMachine((args) => {
    const [pool, count] = [args.text('pool'), args.number('count')];
    return (machine) => addChecksumErrors(machine, pool, count);
  }),
  'pool-suspend': onMachine((args) => {
    const pool = args.text('pool');
    return (machine) => suspendPool(machine, pool, true);
  }),
  'pool-resume': onMachine((args) => {
    const pool = args.text('pool');
    return (machine) => suspendPool(machine, pool, false);
  }),
  'service-fail': onMachine((args) => {
    const service = args.text('service');
    return (machine) => failService(machine, service);
  }),
  'service-restore': onMachine((args) => {
    const service = args.text('service');
    return (machine) => restoreService(machine, service);
  }),
  'certificate-end': onMachine((args) => {
    const days = args.number('days');
    return (machine) => endCertificate(machine, days);
  }),
  'certificate-renew': onMachine(() => renewCertificate),
  'update-offer': onMachine((args) => {
    const [name, version] = [args.text('package'), args.text('version')];
    return (machine) => offerUpdate(machine, name, version);
  }),
  'ceph-raise': (world, args) => {
    const code = args.text('check');
    const check = {
      severity: args.optionalText('severity') ?? 'HEALTH_WARN',
      message: args.text('message'),
      muted: args.flag('muted') ?? false,
    };
    return () => raiseCephCheck(world.cluster, code, check);
  },
  'ceph-clear': (world, args) => {
    const code = args.text('check');
    return () => clearCephCheck(world.cluster, code);
  },
  'ha-state': (world, args) => {
    const [sid, state] = [args.text('sid'), args.text('state')];
    return () => setHaState(world.cluster, sid, state);
  },
  'backup-job': (world, args) => {
    const id = args.text('job');
    const enabled = args.flag('enabled') ?? true;
    return () => {
      const job = world.cluster.backupJobs.get(id);
      if (job !== undefined) job.enabled = enabled;
    };
  },
};
