import { createApi, type Api, type CallOptions } from '../api.ts';
import type { HostAccess } from '@proxmox-mcp/schemas';
import { Version, type Permissions } from '../normalize/cluster.ts';
import { permissionsOf } from '../normalize/permissions.ts';
import { readOne } from '../normalize/read.ts';
import { notifications } from '../notifications.ts';
import type { ClientOptions } from '../options.ts';
import { pbsDatastores, pbsJobs } from './datastore.ts';
import { pbsNode, pbsTasks } from './node.ts';

/** Everything that can be asked of a PBS. */
export interface PbsClient extends Api {
  readonly product: 'pbs';
  /** `GET /version`. Any user. */
  version(options?: CallOptions): Promise<Version>;
  /** `GET /access/permissions`: one's own effective privileges. Any user. */
  permissions(options?: CallOptions): Promise<Permissions>;
  readonly node: ReturnType<typeof pbsNode>;
  readonly tasks: ReturnType<typeof pbsTasks>;
  readonly datastores: ReturnType<typeof pbsDatastores>;
  readonly jobs: ReturnType<typeof pbsJobs>;
  readonly notifications: ReturnType<typeof notifications>;
}

/** A client of a PBS. Opens nothing until the first call; `close()` it in the end. */
export function createPbsClient(host: HostAccess, options: ClientOptions = {}): PbsClient {
  const api = createApi({ ...host, product: 'pbs' }, options);
  return {
    ...api,
    product: 'pbs',
    version: (more) => readOne(api, { ...more, method: 'GET', path: '/version' }, Version),
    permissions: async (more) => permissionsOf(await api.get('/access/permissions', undefined, more)),
    node: pbsNode(api),
    tasks: pbsTasks(api),
    datastores: pbsDatastores(api),
    jobs: pbsJobs(api),
    notifications: notifications(api),
  };
}
