import type { Bus } from '@proxmox-mcp/bus';
import type { HostConfig } from '@proxmox-mcp/config';
import { stateKeys, type Fact, type Incident } from '@proxmox-mcp/schemas';
import { requests } from '@proxmox-mcp/schemas';
import type { LabReader, ReaderFactory } from './lab-reader.ts';

/** What a runbook may reach: Proxmox by the client, our own memory by the bus. */
export interface LabAccess {
  /** Reader of the host that the incident is of; `undefined` when no configured host is. */
  readerFor(incident: Incident): Promise<LabReader | undefined>;
  /** One reader per way in, so that two members of a cluster can be asked for their view; at most `max`. */
  viewsFor(
    incident: Incident,
    max: number,
  ): Promise<readonly { readonly from: string; readonly reader: LabReader }[]>;
  /** Facts by id, as `state` knows them; those it does not know are left out. */
  facts(ids: readonly string[]): Promise<readonly Fact[]>;
  /** Facts of a node since a time, newest first, at most 100. */
  factsOfNode(node: string, since: string): Promise<readonly Fact[]>;
  close(): Promise<void>;
}

/** Makes the access. Readers are made when first needed and kept: a client holds connections. */
export function createLabAccess(
  bus: Bus,
  hosts: readonly HostConfig[],
  createReader: ReaderFactory,
): LabAccess {
  const readers = new Map<string, LabReader>();
  const pveHosts = hosts.filter((host) => host.product === 'pve');

  function readerOf(key: string, host: HostConfig): LabReader {
    const known = readers.get(key);
    if (known) return known;
    const made = createReader(host);
    readers.set(key, made);
    return made;
  }

  async function hostOf({ product, cluster, node }: Incident): Promise<HostConfig | undefined> {
    if (product !== 'pve') return undefined;
    const [only, second] = pveHosts;
    if (second === undefined) return only;
    if (cluster !== undefined && node !== undefined) {
      // The poller wrote down which host it saw the node through.
      const entry = await (await bus.kv('STATE')).get(stateKeys.node(cluster, node));
      const source = entry && (JSON.parse(entry.value) as { source?: unknown }).source; // written by `state` as NodeState
      const seenBy = pveHosts.find((host) => host.name === source);
      if (seenBy) return seenBy;
    }
    const name = (cluster ?? node ?? '').toLowerCase().replace(/^standalone:/, '');
    return pveHosts.find((host) => host.name === name || host.name === node?.toLowerCase());
  }

  return {
    async readerFor(incident) {
      const host = await hostOf(incident);
      return host && readerOf(host.name, host);
    },
    async viewsFor(incident, max) {
      const host = await hostOf(incident);
      if (host === undefined) return [];
      return host.endpoints.slice(0, max).map((endpoint) => {
        const from = `${endpoint.host}:${endpoint.port}`;
        return { from, reader: readerOf(`${host.name} ${from}`, { ...host, endpoints: [endpoint] }) };
      });
    },
    async facts(ids) {
      const answers = await Promise.all(ids.map((id) => bus.request(requests.facts, { id, limit: 1 })));
      return answers.flatMap((answer) => answer.items);
    },
    async factsOfNode(node, since) {
      return (await bus.request(requests.facts, { node, since, limit: 100 })).items;
    },
    async close() {
      const open = [...readers.values()];
      readers.clear();
      await Promise.allSettled(open.map((reader) => reader.close()));
    },
  };
}
