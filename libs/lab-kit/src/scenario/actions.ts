import { renderPvePackageUpdates, renderTest } from '../render/package-updates.ts';
import { deleteSnapshot, rollbackSnapshot, snapshotGuest } from '../world/guest-snapshot.ts';
import { migrateGuest } from '../world/guest-migrate.ts';
import {
  rebootGuest,
  resumeGuest,
  shutdownGuest,
  startGuest,
  stopGuest,
  suspendGuest,
} from '../world/guest-tasks.ts';
import { killNode, reviveNode } from '../world/node-failure.ts';
import { runGc } from '../world/pbs-gc.ts';
import { runPruneJob } from '../world/pbs-prune.ts';
import { runSyncJob } from '../world/pbs-sync.ts';
import { runVerifyJob } from '../world/pbs-verify.ts';
import { startBackup } from '../world/pbs-backup.ts';
import { PRI, type PveSite } from '../world/pve-site.ts';
import { runReplication } from '../world/replication.ts';
import { bringStorageOnline, takeStorageOffline } from '../world/storage-failure.ts';
import { startVzdump } from '../world/vzdump.ts';
import type { World } from '../world/world.ts';
import { ScenarioError } from './scenario.ts';
import type { Action } from './action.ts';
import { MACHINE_ACTIONS } from './machine-actions.ts';
import type { StepArguments } from './step-arguments.ts';

/** The site of the step: of its node, or the cluster. */
function siteOf(world: World, args: StepArguments): PveSite {
  const node = args.optionalText('node');
  return node === undefined ? world.cluster : (world.sites.find((s) => s.nodes.has(node)) ?? world.cluster);
}

type GuestVerb = (site: PveSite, vmid: number, actor: { user: string }) => unknown;

const onGuest =
  (verb: GuestVerb): Action =>
  (world, args) => {
    const site = siteOf(world, args);
    const vmid = args.number('vmid');
    const user = args.optionalText('user') ?? 'root@pam';
    return () => void verb(site, vmid, { user });
  };

const vzdump: Action = (world, args) => {
  const site = siteOf(world, args);
  const node = args.text('node');
  const jobId = args.optionalText('job');
  const job = jobId === undefined ? undefined : site.backupJobs.get(jobId);
  const storage = args.optionalText('storage') ?? job?.storage;
  if (storage === undefined) throw new ScenarioError('vzdump: storage is missing');
  const all = () =>
    site
      .guestsOf(node)
      .filter((g) => !g.template)
      .map((g) => g.vmid);
  const vmids = args.numbers('vmids');
  const secondsPerGuest = args.optionalNumber('seconds_per_guest');
  const user = args.optionalText('user') ?? 'root@pam';
  return () =>
    void startVzdump(
      site,
      {
        node,
        vmids: vmids ?? job?.vmids ?? all(),
        storage,
        user,
        ...(jobId === undefined ? {} : { jobId }),
        ...(job?.prune === undefined ? {} : { prune: job.prune }),
        ...(secondsPerGuest === undefined ? {} : { secondsPerGuest }),
      },
      world.onPbsBackup,
    );
};

const failNextBackup: Action = (world, args) => {
  const site = siteOf(world, args);
  const vmid = args.number('vmid');
  const failure = {
    error: args.text('error'),
    atPercent: args.optionalNumber('at_percent') ?? 61,
    once: args.flag('once') ?? true,
  };
  return () => void (site.guest(vmid).backupFailure = failure);
};

const snapshot: Action = (world, args) => {
  const site = siteOf(world, args);
  const vmid = args.number('vmid');
  const name = args.text('name');
  return () => void snapshotGuest(site, vmid, { user: 'root@pam' }, { name });
};

const onSnapshot =
  (verb: (site: PveSite, vmid: number, actor: { user: string }, name: string) => unknown): Action =>
  (world, args) => {
    const site = siteOf(world, args);
    const vmid = args.number('vmid');
    const name = args.text('name');
    return () => void verb(site, vmid, { user: 'root@pam' }, name);
  };

const migrate: Action = (world, args) => {
  const site = siteOf(world, args);
  const vmid = args.number('vmid');
  const target = args.text('target');
  const seconds = args.optionalNumber('seconds');
  const failWith = args.optionalText('fail_with');
  return () =>
    void migrateGuest(
      site,
      vmid,
      { user: 'root@pam' },
      {
        target,
        ...(seconds === undefined ? {} : { seconds }),
        ...(failWith === undefined ? {} : { failWith }),
      },
    );
};

const onNode =
  (verb: (world: World, site: PveSite, node: string) => void): Action =>
  (world, args) => {
    const site = siteOf(world, args);
    const node = args.text('node');
    return () => verb(world, site, node);
  };

const onStorage =
  (verb: (site: PveSite, id: string) => void): Action =>
  (world, args) => {
    const site = siteOf(world, args);
    const storage = args.text('storage');
    return () => verb(site, storage);
  };

const onPbsJob =
  (kind: 'verify' | 'prune' | 'sync'): Action =>
  (world, args) => {
    const id = args.text('job');
    const failGroup = args.optionalText('fail_group');
    const job = world.pbs.jobs.get(id);
    if (job === undefined || job.kind !== kind) throw new ScenarioError(`${kind}: no job ${id}`);
    const run = { verify: runVerifyJob, prune: runPruneJob, sync: runSyncJob }[kind];
    return () =>
      void run(world.pbs, job, { scheduled: true, ...(failGroup === undefined ? {} : { failGroup }) });
  };

const pbsBackup: Action = (world, args) => {
  const options = {
    store: args.text('store'),
    type: args.text('type') === 'ct' ? ('ct' as const) : ('vm' as const),
    id: args.text('id'),
    user: args.optionalText('user') ?? 'pve@pbs!backup',
    sizeBytes: (args.optionalNumber('gib') ?? 32) * 1024 ** 3,
    seconds: args.optionalNumber('seconds') ?? 20,
  };
  return () => void startBackup(world.pbs, options);
};

const fillDatastore: Action = (world, args) => {
  const store = world.pbs.datastore(args.text('store'));
  const percent = args.number('percent');
  return () => {
    store.usedBytes = Math.round((store.totalBytes * percent) / 100);
    for (const site of world.sites) {
      for (const storage of site.storages.values()) {
        if (storage.type === 'pbs' && storage.config['datastore'] === store.name) {
          storage.usedBytes = Math.round((storage.totalBytes * percent) / 100);
        }
      }
    }
  };
};

const corruptSnapshot: Action = (world, args) => {
  const store = world.pbs.datastore(args.text('store'));
  const [type, id] = args.text('group').split('/');
  return () => {
    const own = store.snapshots.filter((s) => s.type === type && s.id === id).sort((a, b) => b.time - a.time);
    if (own[0] !== undefined) own[0].corrupt = true;
  };
};

/** Everything a scenario can do, by the word after `do:`. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  ...MACHINE_ACTIONS,
  vzdump,
  'fail-next-backup': failNextBackup,
  start: onGuest(startGuest),
  stop: onGuest(stopGuest),
  shutdown: onGuest(shutdownGuest),
  reboot: onGuest(rebootGuest),
  suspend: onGuest(suspendGuest),
  resume: onGuest(resumeGuest),
  snapshot,
  'delete-snapshot': onSnapshot(deleteSnapshot),
  rollback: onSnapshot(rollbackSnapshot),
  migrate,
  'kill-node': onNode(killNode),
  'revive-node': onNode(reviveNode),
  'storage-offline': onStorage(takeStorageOffline),
  'storage-online': onStorage(bringStorageOnline),
  verify: onPbsJob('verify'),
  prune: onPbsJob('prune'),
  sync: onPbsJob('sync'),
  gc: (world, args) => {
    const store = args.text('store');
    return () => void runGc(world.pbs, store, { scheduled: true });
  },
  'pbs-backup': pbsBackup,
  'fill-datastore': fillDatastore,
  'corrupt-snapshot': corruptSnapshot,
  replicate: (world, args) => {
    const site = siteOf(world, args);
    const job = args.text('job');
    const error = args.optionalText('error');
    return () => runReplication(site, job, error);
  },
  'login-failure': (world, args) => {
    const site = siteOf(world, args);
    const node = args.text('node');
    const line = `authentication failure; rhost=::ffff:${args.optionalText('from') ?? '203.0.113.9'} user=${args.optionalText('user') ?? 'root@pam'} msg=Authentication failure`;
    return () => site.daemonLog(node, 'pvedaemon', PRI.err, line);
  },
  'package-updates': (world, args) => {
    const site = siteOf(world, args);
    const node = args.text('node');
    const rows = [
      { name: 'pve-manager', installed: '9.2.11', available: '9.2.12' },
      { name: 'proxmox-kernel-6.17.13-1-pve-signed', available: '6.17.13-1' },
    ];
    return () =>
      site.notify(node, {
        type: 'package-updates',
        severity: 'info',
        timestamp: site.seconds(),
        fields: { type: 'package-updates', hostname: node },
        ...renderPvePackageUpdates(site.node(node).fqdn, rows),
      });
  },
  'test-notification': (world, args) => {
    const site = siteOf(world, args);
    const node = args.text('node');
    const target = args.optionalText('target') ?? 'mail-to-root';
    return () =>
      site.notify(node, {
        type: 'test',
        severity: 'info',
        timestamp: site.seconds(),
        fields: {},
        ...renderTest(target),
      });
  },
};
