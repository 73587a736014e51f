import type { Bus, KeyValue } from '@proxmox-mcp/bus';
import {
  ChannelState,
  subjects,
  type Fact,
  type MaintenanceAnswer,
  type MaintenanceCommand,
  type MaintenanceWindow,
} from '@proxmox-mcp/schemas';
import { inTurn } from '../engine/in-turn.ts';
import type { IncidentStore } from '../history/incidents.ts';
import { RELEASE_AFTER_MS } from '../incidents/explain/review.ts';
import type { Picture } from '../rules/rule.ts';
import { SHUTDOWN_MS, automaticChanges, shutdownIn, type Shutdown } from './automatic.ts';
import { decideCommand } from './commands.ts';
import { plannedWindows, type MaintenanceYaml } from './file.ts';
import { messageOf, putAside, reportOf } from './report.ts';
import { endOf, isOver, type Windows } from './windows.ts';

export interface KeeperParts {
  readonly windows: Windows;
  readonly file: MaintenanceYaml;
  readonly picture: Picture;
  readonly bus: Bus;
  /** The STATE bucket, where the notifier tells which channels are on. */
  readonly state: KeyValue;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly incidents: Pick<IncidentStore, 'query'>;
  /** A window has begun: whatever it covers is to be looked at, also what has been open for long. */
  readonly onBegun: () => Promise<void>;
}

/** Opens and closes windows by calendar, by what is seen of nodes and by command, and reports at their end. */
export interface Keeper {
  /** Reads what an earlier run kept, and makes it agree with the file. */
  start(): Promise<void>;
  answer(command: MaintenanceCommand): Promise<MaintenanceAnswer>;
  /** Takes note of a fact that tells of a shutdown. */
  fact(fact: Fact): void;
  /** Looks at clock, calendar and nodes. Calls do not overlap; what fails is done by the next. */
  tick(): Promise<void>;
}

/** The file is read anew this often: a window is known a day ahead. */
const PLAN_MS = 60_000;
/** Shutdowns remembered; the largest cluster has fewer nodes. */
const MAX_SHUTDOWNS = 200;
/** The report waits until what came back by itself is over, and what did not is told. */
const REPORT_AFTER_MS = RELEASE_AFTER_MS + 60_000;
/** Ended windows shown in a list. */
const MAX_ENDED = 50;

/** The question for the facts that may tell of a shutdown whose window an earlier run did not open any more. */
export const shutdownFacts = (now: number) => ({
  taskType: 'stopall',
  since: new Date(now - SHUTDOWN_MS).toISOString(),
  limit: MAX_SHUTDOWNS,
});

/** Makes the keeper of one bucket. */
export function createKeeper(parts: KeeperParts): Keeper {
  const { windows, file, now } = parts;
  const turn = inTurn();
  const shutdowns = new Map<string, Shutdown>();
  /** Windows whose beginning has been looked at. */
  let begun: ReadonlySet<string> = new Set();
  let plannedAt = -Infinity;

  async function plan(): Promise<void> {
    // A clock that was put back must not stop the calendar.
    if (Math.abs(now() - plannedAt) < PLAN_MS) return;
    for (const window of plannedWindows(file, now()))
      if (windows.get(window.id) === undefined) await windows.put(window);
    plannedAt = now();
    await windows.prune(now());
  }

  /** What the file no longer says is over. */
  async function closeForgotten(): Promise<void> {
    const at = new Date(now()).toISOString();
    for (const window of windows.all().filter((each) => !isOver(each, now())))
      if (isForgotten(window)) await windows.put({ ...window, closedAt: at });
  }

  function isForgotten({ id, by, from }: MaintenanceWindow): boolean {
    if (by === 'auto') return !file.automatic;
    // Asked for its beginning: somebody may have made it longer than the file says.
    return by === 'config' && !plannedWindows(file, Date.parse(from)).some((planned) => planned.id === id);
  }

  async function followNodes(): Promise<void> {
    if (!file.automatic) return;
    for (const [key, { startedAt }] of shutdowns) if (startedAt + SHUTDOWN_MS <= now()) shutdowns.delete(key);
    const seen = {
      nodes: parts.picture.of('node'),
      shutdowns: [...shutdowns.values()],
      windows: windows.all(),
    };
    for (const window of automaticChanges(seen, now())) await windows.put(window);
  }

  async function begin(): Promise<void> {
    const underWay = windows.underWay(now());
    if (underWay.some(({ id }) => !begun.has(id))) await parts.onBegun();
    begun = new Set(underWay.map(({ id }) => id));
  }

  async function report(): Promise<void> {
    const at = now();
    const owed = windows
      .all()
      .filter((window) => window.report === undefined && endOf(window) + REPORT_AFTER_MS <= at)
      // One that was closed before it began kept nothing from anybody.
      .filter((window) => window.effect === 'mute' && endOf(window) > Date.parse(window.from));
    for (const window of owed) {
      const found = reportOf(await putAside(window, parts.incidents), new Date(at).toISOString());
      // By ids that follow from the window: a report that is sent again after a crash is told once.
      if (window.by !== 'auto' && found.incidents > 0)
        for (const channel of await channelsOn()) {
          const message = messageOf(window, found, channel);
          await parts.bus.publish(subjects.notification(channel), message, { id: message.id });
        }
      await windows.put({ ...window, report: found });
    }
  }

  async function channelsOn(): Promise<string[]> {
    const rows = await parts.state.list('channels');
    const states = rows.map(({ value }) => ChannelState.safeParse(JSON.parse(value)).data);
    return states.flatMap((state) => (state?.enabled === true ? [state.name] : []));
  }

  async function act(command: MaintenanceCommand): Promise<MaintenanceAnswer> {
    const decided = decideCommand(command, windows.all(), now());
    if (decided.kind === 'refused') return { ok: false, code: decided.code, message: decided.message };
    if (decided.kind === 'put') {
      await windows.put(decided.window);
      await begin();
    }
    const window = decided.kind === 'list' ? undefined : decided.window;
    return { ok: true, ...(window === undefined ? {} : { window }), ...listed(windows.all(), now()) };
  }

  return {
    start: () =>
      turn(async () => {
        await windows.load();
        await closeForgotten();
        await plan();
      }),
    answer: (command) => turn(() => act(command)),
    fact(fact) {
      const shutdown = shutdownIn(fact);
      if (shutdown === undefined || shutdown.startedAt + SHUTDOWN_MS <= now()) return;
      shutdowns.set(fact.id, shutdown);
      const [oldest] = shutdowns.keys();
      if (shutdowns.size > MAX_SHUTDOWNS && oldest !== undefined) shutdowns.delete(oldest);
    },
    tick: () =>
      turn(async () => {
        await plan();
        await followNodes();
        await begin();
        await report();
      }),
  };
}

function listed(all: readonly MaintenanceWindow[], at: number) {
  const ended = all.filter((window) => isOver(window, at));
  return {
    windows: all
      .filter((window) => !isOver(window, at))
      .sort((a, b) => Date.parse(a.from) - Date.parse(b.from)),
    ended: ended.slice(0, MAX_ENDED),
  };
}
