import type { Product } from '@proxmox-mcp/schemas';
import type { Api, CallOptions } from './api.ts';
import { NotificationMatcher, NotificationTarget, WebhookTarget } from './normalize/notifications.ts';
import { readOne, readRows } from './normalize/read.ts';
import { nameSegment, type Params } from './path.ts';

/** Kinds of notification targets. */
export type TargetType = 'sendmail' | 'smtp' | 'gotify' | 'webhook';

/** What a webhook target is set to, in plain text; base64, which the API wants here and there, is this library's business. */
export interface WebhookSettings {
  readonly url: string;
  readonly method?: 'post' | 'put' | 'get';
  /** Handlebars template. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Values for `{{ secrets.<key> }}`. The API never shows them again; those left out of an update are forgotten. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly comment?: string;
  readonly disable?: boolean;
}

/** A webhook target to be made. Targets and matchers share one space of names. */
export interface NewWebhook extends WebhookSettings {
  readonly name: string;
}

/** What a matcher is set to: which notifications go to which targets. Without a rule it matches every one. */
export interface MatcherSettings {
  readonly targets: readonly string[];
  /** `error,warning`: severities joined by commas. */
  readonly matchSeverity?: readonly string[];
  /** `exact:type=vzdump`, `regex:hostname=^pve`. */
  readonly matchField?: readonly string[];
  readonly mode?: 'all' | 'any';
  readonly comment?: string;
  readonly disable?: boolean;
}

/** A matcher to be made. */
export interface NewMatcher extends MatcherSettings {
  readonly name: string;
}

/** Refuses a change when the configuration is no longer the one that was read. */
export interface UpdateOptions extends CallOptions {
  readonly digest?: string | undefined;
}

/** Path below which each product has its notifications. */
export const NOTIFICATIONS_ROOT: Readonly<Record<Product, string>> = {
  pve: '/cluster/notifications',
  pbs: '/config/notifications',
};

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const pairs = (record: Readonly<Record<string, string>> | undefined): string[] | undefined =>
  record && Object.entries(record).map(([name, value]) => `name=${name},value=${base64(value)}`);

/**
 * Calls about notification targets and matchers: of a PVE cluster (8.1 or later; webhooks 8.3) below /cluster/notifications, of
 * a PBS (3.2; webhooks 3.3) below /config/notifications. Privileges: on PVE reading takes Mapping.Audit (or .Modify) on
 * /mapping/notifications; on PBS Sys.Audit on /system/notifications. Changing takes what each call says.
 */
export function notifications(api: Api) {
  const root = NOTIFICATIONS_ROOT[api.product];
  const endpoint = (type: TargetType, name: string): string =>
    `${root}/endpoints/${nameSegment('target type', type)}/${nameSegment('target name', name)}`;
  const matcher = (name: string): string => `${root}/matchers/${nameSegment('matcher name', name)}`;
  return {
    /** `GET …/targets`. PVE: Mapping.Use is enough too. */
    targets: (options?: CallOptions) =>
      readRows(api, { ...options, method: 'GET', path: `${root}/targets` }, NotificationTarget),
    /** `GET …/endpoints/webhook/{name}`. @throws {ProxmoxError} of kind `not-found`. */
    webhook: async (name: string, options?: CallOptions) =>
      readOne(api, { ...options, method: 'GET', path: endpoint('webhook', name) }, WebhookTarget),
    /**
     * `POST …/endpoints/webhook`. PVE: Mapping.Modify on /mapping/notifications, and on `/` either Sys.AccessNetwork or
     * Sys.Audit with Sys.Modify. PBS: Sys.Modify on /system/notifications.
     *
     * @throws {ProxmoxError} of kind `conflict` when a target or matcher has the name.
     */
    async createWebhook({ name, ...settings }: NewWebhook, options?: CallOptions): Promise<void> {
      const params = { name, ...webhookParams({ method: 'post', ...settings }) };
      await api.call({ ...options, method: 'POST', path: `${root}/endpoints/webhook`, params });
    },
    /**
     * `PUT …/endpoints/webhook/{name}`: what is left out stays as it is, but for secrets. Privileges as for `createWebhook`.
     *
     * @throws {ProxmoxError} of kind `conflict` when `digest` no longer holds.
     */
    async updateWebhook(name: string, settings: Partial<WebhookSettings>, options: UpdateOptions = {}) {
      const { digest, ...call } = options;
      const params = { ...webhookParams(settings), digest };
      await api.call({ ...call, method: 'PUT', path: endpoint('webhook', name), params });
    },
    /** `POST …/endpoints/{type}` with the API's own parameters. Privileges as for webhooks. */
    async create(type: TargetType, params: Params, options?: CallOptions): Promise<void> {
      const path = `${root}/endpoints/${nameSegment('target type', type)}`;
      await api.call({ ...options, method: 'POST', path, params });
    },
    /**
     * `DELETE …/endpoints/{type}/{name}`. PVE: Mapping.Modify on /mapping/notifications. PBS: Sys.Modify on
     * /system/notifications.
     *
     * @throws {ProxmoxError} of kind `conflict` while a matcher names the target; `detail` says which.
     */
    async remove(type: TargetType, name: string, options?: CallOptions): Promise<void> {
      await api.call({ ...options, method: 'DELETE', path: endpoint(type, name) });
    },
    /** `POST …/targets/{name}/test`: sends a test notification now. PVE: reading is enough. PBS: Sys.Modify on /system/notifications. */
    async test(name: string, options?: CallOptions): Promise<void> {
      const path = `${root}/targets/${nameSegment('target name', name)}/test`;
      await api.call({ ...options, method: 'POST', path });
    },
    /** `GET …/matchers`. PVE: Mapping.Use is enough too. */
    matchers: (options?: CallOptions) =>
      readRows(api, { ...options, method: 'GET', path: `${root}/matchers` }, NotificationMatcher),
    /** `GET …/matchers/{name}`. @throws {ProxmoxError} of kind `not-found`. */
    matcher: async (name: string, options?: CallOptions) =>
      readOne(api, { ...options, method: 'GET', path: matcher(name) }, NotificationMatcher),
    /**
     * `POST …/matchers`. PVE: Mapping.Modify on /mapping/notifications. PBS: Sys.Modify on /system/notifications.
     *
     * @throws {ProxmoxError} of kind `conflict` when a target or matcher has the name, `not-found` when a target is missing.
     */
    async createMatcher({ name, ...settings }: NewMatcher, options?: CallOptions): Promise<void> {
      const params = { name, ...matcherParams(settings) };
      await api.call({ ...options, method: 'POST', path: `${root}/matchers`, params });
    },
    /** `PUT …/matchers/{name}`: what is left out stays as it is. Privileges as for `createMatcher`. */
    async updateMatcher(name: string, settings: Partial<MatcherSettings>, options: UpdateOptions = {}) {
      const { digest, ...call } = options;
      const params = { ...matcherParams(settings), digest };
      await api.call({ ...call, method: 'PUT', path: matcher(name), params });
    },
    /** `DELETE …/matchers/{name}`. Privileges as for `createMatcher`. */
    async removeMatcher(name: string, options?: CallOptions): Promise<void> {
      await api.call({ ...options, method: 'DELETE', path: matcher(name) });
    },
  };
}

function webhookParams({ headers, secrets, body, ...plain }: Partial<WebhookSettings>): Params {
  return {
    ...plain,
    body: body === undefined ? undefined : base64(body),
    header: pairs(headers),
    secret: pairs(secrets),
  };
}

function matcherParams(settings: Partial<MatcherSettings>): Params {
  const { targets, matchSeverity, matchField, ...plain } = settings;
  return { ...plain, target: targets, 'match-severity': matchSeverity, 'match-field': matchField };
}
