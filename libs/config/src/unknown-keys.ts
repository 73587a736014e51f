import type { SettingFault } from './faults.ts';

/**
 * First words of our keys. A variable that begins with one of them and is no key of ours is taken for a misspelt one;
 * other programs' variables begin with other words.
 */
const OUR_PREFIXES = [
  'AGENT_',
  'BUS_',
  'DISCORD_',
  'ENABLED_',
  'ENABLE_',
  'EVENT_',
  'GATEWAY_',
  'GOTIFY_',
  'HISTORY_',
  'HOMEASSISTANT_',
  'NOTIFY_',
  'NTFY_',
  'PBS_',
  'PVE_',
  'WEBHOOK_',
  'WEBSOCKET_',
] as const;
const FARTHEST = 2;

/** Finds variables that look like ours and are not, each with the nearest key. */
export function misspeltKeys(names: Iterable<string>, known: ReadonlySet<string>): SettingFault[] {
  const faults: SettingFault[] = [];
  for (const name of names) {
    if (known.has(name) || (name.endsWith('_FILE') && known.has(name.slice(0, -'_FILE'.length)))) continue;
    const nearest = nearestKey(name, known);
    if (nearest !== undefined) faults.push({ key: name, message: `unknown; did you mean ${nearest}?` });
    else if (OUR_PREFIXES.some((prefix) => name.startsWith(prefix))) {
      faults.push({ key: name, message: 'unknown; see .env.example for the keys there are' });
    }
  }
  return faults;
}

function nearestKey(name: string, known: ReadonlySet<string>): string | undefined {
  // Short names of other programs (PATH, PWD, HOME) are two edits away from anything.
  if (name.length < 8) return undefined;
  let best: string | undefined;
  let distance = FARTHEST + 1;
  for (const key of known) {
    if (Math.abs(key.length - name.length) >= distance) continue;
    const d = editDistance(name, key);
    if (d < distance) [best, distance] = [key, d];
  }
  return best;
}

/** Levenshtein distance with one row of memory. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
