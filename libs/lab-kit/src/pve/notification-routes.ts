import { createHash } from 'node:crypto';
import { renderTest } from '../render/package-updates.ts';
import type { LabTarget } from '../world/notification-targets.ts';
import { ApiError } from './api-error.ts';
import type { Call, Routes } from './call.ts';

/** Keys that hold several values. */
const LISTS = new Set(['header', 'secret', 'mailto', 'mailto-user']);
const NOT_KEPT = new Set(['name', 'digest', 'delete', 'token', 'password']);

const digest = (call: Call) =>
  createHash('sha256')
    .update(JSON.stringify([...call.site.targets.values()]))
    .digest('hex');

const row = (t: LabTarget) => ({ name: t.name, origin: t.origin, ...t.config });

function find(call: Call, type: LabTarget['type']): LabTarget {
  const name = call.text('name') ?? '';
  const target = call.site.targets.get(name);
  if (target === undefined || target.type !== type) throw new ApiError(404, `endpoint '${name}' not found`);
  return target;
}

/** Takes the call's keys into the target. `secret` values are kept apart and only their names shown. */
function apply(call: Call, target: LabTarget): void {
  for (const key of call.names()) {
    if (key === 'token' || key === 'password') target.secrets[key] = call.text(key) ?? '';
    if (NOT_KEPT.has(key)) continue;
    const values = call.values(key);
    if (key === 'secret') {
      for (const value of values) target.secrets[part(value, 'name')] = part(value, 'value');
      target.config[key] = values.map((v) => `name=${part(v, 'name')}`);
    } else target.config[key] = LISTS.has(key) ? values : (values[0] ?? '');
  }
  for (const key of call.list('delete')) delete target.config[key];
}

/** One part of `name=x,value=y`. */
function part(text: string, key: string): string {
  const found = text.split(',').find((p) => p.startsWith(`${key}=`));
  return found?.slice(key.length + 1) ?? '';
}

function endpointRoutes(type: LabTarget['type']): Routes {
  const base = `/cluster/notifications/endpoints/${type}`;
  return {
    [`GET ${base}`]: (call) => [...call.site.targets.values()].filter((t) => t.type === type).map(row),
    [`POST ${base}`]: (call) => {
      const name = call.text('name') ?? '';
      if (call.site.targets.has(name)) {
        throw new ApiError(400, `Cannot create '${name}', an entity with the same name already exists`);
      }
      const target: LabTarget = { name, type, origin: 'user-created', config: {}, secrets: {} };
      apply(call, target);
      call.site.targets.set(name, target);
      return null;
    },
    [`GET ${base}/{name}`]: (call) => ({ ...row(find(call, type)), digest: digest(call) }),
    [`PUT ${base}/{name}`]: (call) => {
      const target = find(call, type);
      const wanted = call.text('digest');
      if (wanted !== undefined && wanted !== digest(call)) {
        throw new ApiError(400, 'detected modified configuration - file changed by other user? Try again.');
      }
      apply(call, target);
      return null;
    },
    [`DELETE ${base}/{name}`]: (call) => {
      call.site.targets.delete(find(call, type).name);
      return null;
    },
  };
}

/** Notification targets. The lab's senders deliver by their own settings; these are only kept and shown. */
export const notificationRoutes: Routes = {
  ...endpointRoutes('gotify'),
  ...endpointRoutes('sendmail'),
  ...endpointRoutes('smtp'),
  ...endpointRoutes('webhook'),
  'GET /cluster/notifications/targets': (call) =>
    [...call.site.targets.values()].map(({ name, type, origin, config }) => ({
      name,
      type,
      origin,
      ...(config['comment'] === undefined ? {} : { comment: config['comment'] }),
    })),
  'GET /cluster/notifications/matchers': () => [
    {
      name: 'default-matcher',
      comment: 'Route all notifications to mail-to-root',
      mode: 'all',
      target: ['mail-to-root'],
      origin: 'builtin',
    },
  ],
  'POST /cluster/notifications/targets/{name}/test': (call) => {
    const name = call.text('name') ?? '';
    if (!call.site.targets.has(name)) throw new ApiError(404, `endpoint '${name}' does not exist`);
    call.site.notify(call.local.name, {
      type: 'test',
      severity: 'info',
      timestamp: call.site.seconds(),
      fields: {},
      ...renderTest(name),
    });
    return null;
  },
};
