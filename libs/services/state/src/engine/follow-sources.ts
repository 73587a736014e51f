import type { Consumer, KeyValue } from '@proxmox-mcp/bus';
import { SourceState, untoken } from '@proxmox-mcp/schemas';
import { blindnessOf } from '../rules/collector-blind/rule.ts';
import type { Sampled } from '../rules/sampler.ts';

const PREFIX = 'sources';

/** Tells of sources that go down, come back, or are no longer there. */
export function followSources(
  kv: KeyValue,
  { now, tell }: { readonly now: () => number; readonly tell: (said: Sampled) => void },
): Promise<Consumer> {
  /** What was told last; states are written twice a minute, and an idle disk may sleep. */
  const told = new Map<string, string>();
  return kv.watch(PREFIX, ({ key, value }) => {
    const source = value === undefined ? undefined : read(value);
    if (value !== undefined && source === undefined) return;
    const said = source === undefined ? goneOf(key, now()) : blindnessOf(source, now());
    if (said === undefined) return;
    const [word = ''] = Object.keys(said);
    if (told.get(key) === word) return;
    if (source === undefined) told.delete(key);
    else told.set(key, word);
    if ('trouble' in said) tell({ troubles: [said.trouble], recoveries: [] });
    else tell({ troubles: [], recoveries: [said.recovery] });
  });
}

function goneOf(key: string, now: number): ReturnType<typeof blindnessOf> {
  const name = untoken(key.slice(PREFIX.length + 1));
  const at = new Date(now).toISOString();
  const source: SourceState = { name, service: 'state', status: 'ok', degraded: [], at };
  return blindnessOf(source, now);
}

/** Another version of the product may have written it. */
function read(value: string): SourceState | undefined {
  try {
    return SourceState.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}
