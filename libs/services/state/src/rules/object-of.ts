import type { Entity } from '@proxmox-mcp/schemas';
import type { Entry } from '../reduce/entry.ts';

/** What an entry of the live picture is to an incident. */
export interface ObjectOfEntry {
  /** Middle of the incident's key, the same whoever reports it: `guest/101`, `storage/pve1/local`, `job/backup/nightly`. */
  readonly object: string;
  readonly entity: Entity;
  readonly tags?: readonly string[];
  readonly pool?: string;
}

/** Names the object of an entry. A shared storage is one object for all nodes but those that see it differently. */
export function objectOfEntry(entry: Entry): ObjectOfEntry {
  const { cluster } = entry;
  switch (entry.kind) {
    case 'node':
      return { object: `node/${entry.node}`, entity: { cluster, node: entry.node } };
    case 'guest': {
      const { vmid, guestKind: kind, name, node, tags, pool } = entry;
      const guest = { kind, vmid, ...(name === undefined ? {} : { name }) };
      return {
        object: `guest/${vmid}`,
        entity: { cluster, node, guest },
        ...(tags === undefined ? {} : { tags }),
        ...(pool === undefined ? {} : { pool }),
      };
    }
    case 'storage': {
      const { storage, node } = entry;
      if (entry.shared && entry.dissents !== true)
        return { object: `storage/${storage}`, entity: { cluster, storage } };
      return { object: `storage/${node}/${storage}`, entity: { cluster, node, storage } };
    }
    case 'datastore':
      return {
        object: `datastore/${entry.datastore}`,
        entity: { cluster, node: entry.node, storage: entry.datastore },
      };
    case 'job': {
      const { node, storage } = entry;
      return {
        object: `job/${entry.jobType}/${entry.jobId}`,
        entity: {
          cluster,
          ...(node === undefined ? {} : { node }),
          ...(storage === undefined ? {} : { storage }),
        },
      };
    }
  }
}
