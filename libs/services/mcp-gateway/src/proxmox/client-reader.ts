import type { HostConfig } from '@proxmox-mcp/config';
import {
  createPbsClient,
  createPveClient,
  ProxmoxError,
  type Api,
  type ClientLog,
} from '@proxmox-mcp/proxmox-client';
import type { Degraded } from '../fleet/degraded.ts';
import { ReadFailed, type ProxmoxReader } from './reader.ts';

const TIMEOUT_MS = 8_000;

/** Reads through the configured hosts; each client is made at its first use. */
export function createProxmoxReader(hosts: readonly HostConfig[], log: ClientLog): ProxmoxReader {
  const clients = new Map<string, Api>();

  function clientOf(source: string): Api {
    const present = clients.get(source);
    if (present !== undefined) return present;
    const host = hosts.find((candidate) => candidate.name === source);
    if (host === undefined) {
      throw new ReadFailed({
        where: source,
        reason: 'not-configured',
        detail: 'this process has no settings for the host',
      });
    }
    const options = { log, timeoutMs: TIMEOUT_MS, retries: 1, maxInFlight: 3, maxQueued: 100 };
    const client = host.product === 'pve' ? createPveClient(host, options) : createPbsClient(host, options);
    clients.set(source, client);
    return client;
  }

  return {
    async get(source, path, { query, signal } = {}) {
      const client = clientOf(source);
      try {
        return await client.call({
          method: 'GET',
          path,
          ...(query === undefined ? {} : { params: query }),
          ...(signal === undefined ? {} : { signal }),
        });
      } catch (error) {
        throw readFailed(source, error);
      }
    },
    async close() {
      const open = [...clients.values()];
      clients.clear();
      await Promise.all(open.map((client) => client.close()));
    },
  };
}

function readFailed(source: string, error: unknown): ReadFailed {
  if (!(error instanceof ProxmoxError)) throw error;
  return new ReadFailed({ where: source, ...reasonOf(error) }, { cause: error });
}

function reasonOf(error: ProxmoxError): Omit<Degraded, 'where'> {
  switch (error.kind) {
    case 'permission':
      return {
        reason: 'privilege',
        ...(error.privileges === undefined
          ? {}
          : { detail: `${error.privileges.join(' or ')} on ${error.aclPath ?? '/'}` }),
      };
    case 'tls':
    case 'fingerprint':
      return { reason: 'tls', detail: error.kind };
    case 'auth':
      return { reason: 'auth', detail: 'the host refused our credentials' };
    case 'timeout':
      return { reason: 'timeout' };
    case 'unreachable':
    case 'disconnected':
    case 'circuit-open':
      return { reason: 'unreachable', detail: error.kind };
    case 'peer-unreachable':
      return { reason: 'node-unreachable' };
    case 'not-implemented':
      return { reason: 'not-supported', detail: 'this version does not offer it' };
    case 'not-found':
      return { reason: 'not-found' };
    default:
      // `detail` may quote foreign text; the kind is one of our words.
      return { reason: error.kind };
  }
}
