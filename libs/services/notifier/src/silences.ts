import type { Consumer, KeyValue } from '@proxmox-mcp/bus';
import { Silence } from '@proxmox-mcp/schemas';

/** The SILENCES key-value, followed: what is read costs no question to the bus. */
export interface Silences {
  /** Those there are, also such as are over or still to come. */
  all(): readonly Silence[];
  put(silence: Silence): Promise<void>;
  delete(id: string): Promise<void>;
  stop(): Promise<void>;
}

/** Reads the silences there are and follows their changes. */
export async function openSilences(kv: KeyValue): Promise<Silences> {
  const known = new Map<string, Silence>();
  const watch: Consumer = await kv.watch(undefined, ({ key, value }) => {
    const silence = value === undefined ? undefined : read(value);
    if (silence === undefined) known.delete(key);
    else known.set(key, silence);
  });
  return {
    all: () => [...known.values()],
    async put(silence) {
      await kv.put(silence.id, JSON.stringify(silence));
      // Who made one asks for it next, perhaps before the watch has told.
      known.set(silence.id, silence);
    },
    async delete(id) {
      await kv.delete(id);
      known.delete(id);
    },
    stop: () => watch.stop(),
  };
}

function read(value: string): Silence | undefined {
  try {
    return Silence.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}
