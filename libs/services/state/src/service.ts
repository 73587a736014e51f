import { createLiveInventory, type LiveInventory } from '@proxmox-mcp/ingest-kit';
import { defineService, fileOf, type Logger, type ServiceContext } from '@proxmox-mcp/service-kit';
import { StateConfig } from './config.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import { LEASE_MS, createLease, type Lease } from './engine/lease.ts';
import { topologyOf, type Topology } from './facts/topology.ts';
import { MaintenanceYaml } from './maintenance/file.ts';
import { RulesYaml } from './rules/index.ts';
import { HistoryInUse, openHistory } from './history/open-history.ts';

/** How often a waiting replica looks whether it may take over, in milliseconds. */
const STANDBY_EVERY_MS = 1_000;

/**
 * Folds events and polls into live state, history, facts and incidents, and answers questions about them.
 *
 * One replica writes at a time, for merging needs one writer; others stand by and take over when its lease ends. The history is
 * in the data directory of the replica, so a standby is of use where both have the same volume (docs/operations.md).
 */
export const state = defineService({
  name: 'state',
  config: StateConfig,
  files: { 'rules.yaml': RulesYaml, 'maintenance.yaml': MaintenanceYaml },
  create(context) {
    let active:
      { readonly engine: Engine; readonly lease: Lease; readonly timer: NodeJS.Timeout } | undefined;
    let standby: NodeJS.Timeout | undefined;
    let turn: Promise<void> = Promise.resolve();
    let isStopped = false;
    let waitsFor = '';
    const inventory = createLiveInventory({
      bus: context.bus,
      log: context.log,
      configured: context.inventory,
      hosts: context.hosts,
    });
    const topology = remembered(inventory);

    /** @returns whether this replica writes now. @throws {HistoryTooNew} */
    async function takeOver(): Promise<boolean> {
      let history;
      try {
        history = openHistory(context.dataDir);
      } catch (err) {
        if (!(err instanceof HistoryInUse)) throw err;
        waitsFor = 'the history file, held by another process';
        return false;
      }
      try {
        const lease = createLease(
          await context.bus.kv('LEASES'),
          context.instance,
          history.historyId,
          context.now,
        );
        if (!(await lease.hold())) {
          waitsFor = 'the lease, held by a replica with another history';
          history.close();
          return false;
        }
        const engine = createEngine({ ...partsOf(context), history, topology });
        try {
          await engine.start();
        } catch (err) {
          await engine.stop();
          throw err;
        }
        const timer = setInterval(() => keep(), LEASE_MS / 3);
        timer.unref();
        active = { engine, lease, timer };
        waitsFor = '';
        return true;
      } catch (err) {
        history.close();
        throw err;
      }
    }

    function keep(): void {
      const held = active;
      if (held === undefined) return;
      held.lease.hold().then(
        (isHeld) => {
          if (isHeld || active !== held) return;
          context.log.warn('another replica writes now, standing by');
          enqueue(async () => {
            await letGo();
            stand();
          });
        },
        // Whoever could take the lease needs the same bus: nobody has it while it is away.
        (err: unknown) => context.log.debug({ err }, 'lease not renewed'),
      );
    }

    async function letGo(): Promise<void> {
      const held = active;
      active = undefined;
      if (held === undefined) return;
      clearInterval(held.timer);
      await held.engine.stop();
    }

    function stand(): void {
      if (isStopped) return;
      standby = setTimeout(() => {
        enqueue(async () => {
          if (!isStopped && !(await takeOver())) stand();
        });
      }, STANDBY_EVERY_MS);
      standby.unref();
    }

    function enqueue(task: () => Promise<void>): void {
      turn = turn.then(task).catch((err: unknown) => {
        context.log.error({ err }, 'taking over failed, will retry');
        stand();
      });
    }

    return {
      async start() {
        await inventory.start();
        if (await takeOver()) return;
        context.log.info({ waitsFor }, 'standing by');
        stand();
      },
      async stop() {
        isStopped = true;
        clearTimeout(standby);
        await turn;
        const held = active;
        await letGo();
        await inventory.stop();
        // Best effort: without it the next one waits until the lease ends, or takes it at once where the file is the same.
        await held?.lease.release().catch((err: unknown) => context.log.debug({ err }, 'lease not released'));
      },
      isReady: () => !isStopped,
      details: () => ({
        role: active ? 'writer' : 'standby',
        ...(waitsFor === '' ? {} : { waitsFor }),
        ...active?.engine.details(),
      }),
    };
  },
});

/** Reads the inventory anew when it has changed. */
function remembered(inventory: LiveInventory): () => Topology {
  let index = inventory.index();
  let topology = topologyOf(index);
  return () => {
    if (index !== inventory.index()) {
      index = inventory.index();
      topology = topologyOf(index);
    }
    return topology;
  };
}

function partsOf({ bus, config, metrics, now, log, files }: ServiceContext<StateConfig>) {
  return {
    rules: fileOf({ files }, 'rules.yaml', RulesYaml),
    maintenance: fileOf({ files }, 'maintenance.yaml', MaintenanceYaml),
    bus,
    metrics,
    now,
    limits: { maxAgeMs: config.HISTORY_DAYS * 86_400_000, maxBytes: config.HISTORY_MAX_BYTES },
    onTrouble: warnRarely(log, now),
  };
}

/** A bus that is away for an hour must not write a warning every five seconds. */
function warnRarely(log: Logger, now: () => number): (err: unknown, doing: string) => void {
  let last = 0;
  return (err, doing) => {
    const isQuiet = now() - last < 60_000;
    if (!isQuiet) last = now();
    log[isQuiet ? 'debug' : 'warn']({ err, doing }, 'state has trouble, will retry');
  };
}
