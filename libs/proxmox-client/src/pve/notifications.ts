import type { Api, CallOptions } from '../api.ts';
import { NotificationTarget, WebhookTarget } from '../normalize/cluster.ts';
import { readOne, readRows } from '../normalize/read.ts';
import { nameSegment, type Params } from '../path.ts';

/** Kinds of notification targets. */
export type TargetType = 'sendmail' | 'smtp' | 'gotify' | 'webhook';

/** A webhook target in plain text; base64, which the API wants here and there, is this library's business. */
export interface NewWebhook {
  readonly name: string;
  readonly url: string;
  readonly method?: 'post' | 'put' | 'get';
  /** Handlebars template. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Values for `{{ secrets.<key> }}`. The API never shows them again. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly comment?: string;
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const pairs = (record: Readonly<Record<string, string>> | undefined): string[] | undefined =>
  record && Object.entries(record).map(([name, value]) => `name=${name},value=${base64(value)}`);

/** Calls about notification targets of a cluster (PVE 8.1 or later; webhooks 8.3). */
export function pveNotifications(api: Api) {
  const root = '/cluster/notifications';
  const endpoint = (type: TargetType, name: string): string =>
    `${root}/endpoints/${nameSegment('target type', type)}/${nameSegment('target name', name)}`;
  return {
    /** `GET /cluster/notifications/targets`. Mapping.Audit, .Modify or .Use on /mapping/notifications. */
    targets: (options?: CallOptions) =>
      readRows(api, { ...options, method: 'GET', path: `${root}/targets` }, NotificationTarget),
    /** `GET /cluster/notifications/endpoints/webhook/{name}`. Mapping.Audit or .Modify on /mapping/notifications. */
    webhook: async (name: string, options?: CallOptions) =>
      readOne(api, { ...options, method: 'GET', path: endpoint('webhook', name) }, WebhookTarget),
    /**
     * `POST /cluster/notifications/endpoints/webhook`. Mapping.Modify on /mapping/notifications, and Sys.Audit with
     * Sys.Modify (or Sys.AccessNetwork) on `/`.
     *
     * @throws {ProxmoxError} of kind `conflict` when the name is taken.
     */
    async createWebhook(webhook: NewWebhook, options?: CallOptions): Promise<void> {
      const { headers, secrets, body, method = 'post', ...plain } = webhook;
      const params = {
        ...plain,
        method,
        body: body === undefined ? undefined : base64(body),
        header: pairs(headers),
        secret: pairs(secrets),
      };
      await api.call({ ...options, method: 'POST', path: `${root}/endpoints/webhook`, params });
    },
    /** `POST /cluster/notifications/endpoints/{type}` with the API's own parameters. Privileges as for webhooks. */
    async create(type: TargetType, params: Params, options?: CallOptions): Promise<void> {
      await api.call({
        ...options,
        method: 'POST',
        path: `${root}/endpoints/${nameSegment('target type', type)}`,
        params,
      });
    },
    /** `DELETE /cluster/notifications/endpoints/{type}/{name}`. Mapping.Modify on /mapping/notifications. */
    async remove(type: TargetType, name: string, options?: CallOptions): Promise<void> {
      await api.call({ ...options, method: 'DELETE', path: endpoint(type, name) });
    },
    /**
     * `POST /cluster/notifications/targets/{name}/test`: sends a test notification. Mapping.Use, .Audit or .Modify on
     * /mapping/notifications.
     */
    async test(name: string, options?: CallOptions): Promise<void> {
      const path = `${root}/targets/${nameSegment('target name', name)}/test`;
      await api.call({ ...options, method: 'POST', path });
    },
  };
}
