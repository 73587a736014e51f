import type { Environment } from './environment.ts';
import type { SettingFault } from './faults.ts';

/** Words of ENABLED_EVENT_LISTENERS; `_IN` may be left out, any case. */
const LISTENERS = ['WEBSOCKET', 'EMAIL', 'SYSLOG', 'DISCORD', 'GOTIFY', 'NTFY', 'WEBHOOK'] as const;
export type ListenerWord = (typeof LISTENERS)[number];

/** How a way in is switched: by its word in the list and by a key of its own. */
export interface ListenerSwitch {
  readonly word: ListenerWord;
  readonly switchKey: string;
}

export interface ListenerDecision {
  readonly enabled: boolean;
  /** Set when the list and the switch disagree, or when the listener is off: for the log at start. */
  readonly notice?: string;
}

export interface ListenerSettings {
  readonly allowed: boolean;
  readonly listed: ReadonlySet<string> | undefined;
}

/** Reads the two settings that rule all listeners. */
export function readListeners(
  enable: boolean,
  names: readonly string[] | undefined,
  faults: SettingFault[],
): ListenerSettings {
  const listed = names?.map((name) => name.toUpperCase().replace(/_IN$/, ''));
  for (const [index, word] of (listed ?? []).entries()) {
    if (!LISTENERS.includes(word as ListenerWord)) {
      faults.push({
        key: 'ENABLED_EVENT_LISTENERS',
        message: `item ${index + 1} is unknown; expected ${LISTENERS.join(', ')} (DISCORD_IN and GOTIFY_IN are understood)`,
      });
    }
  }
  return { allowed: enable, listed: listed === undefined ? undefined : new Set(listed) };
}

/** A listener runs when nothing forbids it; who forbids it is said, naming both keys where they disagree. */
export function decideListener(
  listener: ListenerSwitch,
  switchedOn: boolean,
  settings: ListenerSettings,
  env: Environment,
): ListenerDecision {
  const { word, switchKey } = listener;
  const explicit = (env[switchKey] ?? '') !== '';
  if (!settings.allowed) {
    const says = explicit && switchedOn ? `, although ${switchKey} is on` : '';
    return { enabled: false, notice: `${word} is off: ENABLE_EVENT_LISTENERS is off${says}` };
  }
  const listed = settings.listed?.has(word) ?? true;
  if (listed && switchedOn) return { enabled: true };
  if (!listed && explicit && switchedOn) {
    return {
      enabled: false,
      notice: `${word} is off: ENABLED_EVENT_LISTENERS leaves it out, although ${switchKey} is on`,
    };
  }
  if (listed && settings.listed !== undefined) {
    return {
      enabled: false,
      notice: `${word} is off: ${switchKey} is off, although ENABLED_EVENT_LISTENERS names it`,
    };
  }
  return { enabled: false, notice: `${word} is off (${listed ? switchKey : 'ENABLED_EVENT_LISTENERS'})` };
}
