import { createApi, type Api, type CallOptions } from '../api.ts';
import type { HostAccess } from '@proxmox-mcp/schemas';
import { Version, type Permissions } from '../normalize/cluster.ts';
import { permissionsOf } from '../normalize/permissions.ts';
import { readOne } from '../normalize/read.ts';
import { notifications } from '../notifications.ts';
import type { ClientOptions } from '../options.ts';
import { pveCluster } from './cluster.ts';
import { pveGuest } from './guest.ts';
import { pveNode } from './node.ts';
import { pveTasks } from './task.ts';

/** Everything that can be asked of a PVE host or cluster. */
export interface PveClient extends Api {
  readonly product: 'pve';
  /** `GET /version`. Any user. */
  version(options?: CallOptions): Promise<Version>;
  /** `GET /access/permissions`: one's own effective privileges. Any user. */
  permissions(options?: CallOptions): Promise<Permissions>;
  readonly cluster: ReturnType<typeof pveCluster>;
  readonly nodes: ReturnType<typeof pveNode>;
  readonly guests: ReturnType<typeof pveGuest>;
  readonly tasks: ReturnType<typeof pveTasks>;
  readonly notifications: ReturnType<typeof notifications>;
}

/** A client of a PVE host or cluster. Opens nothing until the first call; `close()` it in the end. */
export function createPveClient(host: HostAccess, options: ClientOptions = {}): PveClient {
  const api = createApi({ ...host, product: 'pve' }, options);
  return {
    ...api,
    product: 'pve',
    version: (more) => readOne(api, { ...more, method: 'GET', path: '/version' }, Version),
    permissions: async (more) => permissionsOf(await api.get('/access/permissions', undefined, more)),
    cluster: pveCluster(api),
    nodes: pveNode(api),
    guests: pveGuest(api),
    tasks: pveTasks(api),
    notifications: notifications(api),
  };
}
