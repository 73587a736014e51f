import { createHash } from 'node:crypto';
import type { LabNotification } from './listener.ts';
import {
  defaultMatcher,
  isOn,
  mailToRoot,
  matches,
  readFieldRule,
  type LabEntity,
  type LabMatcher,
  type LabTarget,
} from './notification-targets.ts';

/** A change that proxmox-notify refuses, in its words. */
export class ConfigRefusal extends Error {
  override readonly name = 'ConfigRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Parameters of a call: name → values as given. */
export type GivenValues = Readonly<Record<string, readonly string[]>>;

/** Keys that hold several values. */
const LISTS = new Set([
  'header',
  'secret',
  'mailto',
  'mailto-user',
  'target',
  'match-severity',
  'match-field',
  'match-calendar',
]);
const NOT_KEPT = new Set(['name', 'digest', 'delete', 'token', 'password', 'origin']);

const HTTP_URL =
  /^https?:\/\/(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?(?:\/.*)?$/;

/** notifications.cfg of one host or cluster: its targets and matchers, and the rules between them. */
export class NotificationConfig {
  readonly #product: 'pve' | 'pbs';
  readonly targets = new Map<string, LabTarget>([['mail-to-root', mailToRoot()]]);
  readonly matchers: Map<string, LabMatcher>;

  constructor(product: 'pve' | 'pbs') {
    this.#product = product;
    this.matchers = new Map([['default-matcher', defaultMatcher(product)]]);
  }

  /** Of the whole file. */
  digest(): string {
    const content = [[...this.targets.values()], [...this.matchers.values()]];
    return createHash('sha256').update(JSON.stringify(content)).digest('hex');
  }

  /** @throws {ConfigRefusal} 404 */
  target(name: string, type: LabTarget['type']): LabTarget {
    const target = this.targets.get(name);
    if (target?.type !== type) throw new ConfigRefusal(404, `endpoint '${name}' not found`);
    return target;
  }

  /** @throws {ConfigRefusal} 404 */
  matcher(name: string): LabMatcher {
    const matcher = this.matchers.get(name);
    if (matcher === undefined) throw new ConfigRefusal(404, `matcher '${name}' not found`);
    return matcher;
  }

  /** @throws {ConfigRefusal} the name is taken. */
  addTarget(name: string, type: LabTarget['type'], values: GivenValues): void {
    this.#refuseTaken(name);
    this.#checkUrl(name, values);
    const target: LabTarget = { name, type, origin: 'user-created', config: {}, secrets: {} };
    apply(target, values);
    this.targets.set(name, target);
  }

  /** @throws {ConfigRefusal} there is none, the digest no longer holds, or a secret to be kept is not known. */
  updateTarget(name: string, type: LabTarget['type'], values: GivenValues): void {
    this.#checkDigest(values);
    const target = this.target(name, type);
    this.#checkUrl(name, values);
    apply(target, values);
  }

  /** A built-in one comes back as it was. @throws {ConfigRefusal} there is none, or a matcher names it. */
  removeTarget(name: string, type: LabTarget['type']): void {
    const target = this.target(name, type);
    const by = [...this.matchers.values()].filter(({ config }) => config['target']?.includes(name) === true);
    if (by.length > 0)
      throw new ConfigRefusal(
        400,
        `cannot delete '${name}', referenced by: ${by.map((matcher) => matcher.name).join(', ')}`,
      );
    this.targets.delete(name);
    if (target.origin === 'builtin') this.targets.set(name, mailToRoot());
  }

  /** @throws {ConfigRefusal} the name is taken, a target is missing, or a rule is none. */
  addMatcher(name: string, values: GivenValues): void {
    this.#refuseTaken(name);
    this.#checkTargets(values);
    this.#checkFields(values);
    const matcher: LabMatcher = { name, origin: 'user-created', config: {} };
    apply(matcher, values);
    this.matchers.set(name, matcher);
  }

  /** @throws {ConfigRefusal} there is none, the digest no longer holds, or a target is missing. */
  updateMatcher(name: string, values: GivenValues): void {
    this.#checkDigest(values);
    const matcher = this.matcher(name);
    this.#checkTargets(values);
    this.#checkFields(values);
    apply(matcher, values);
  }

  /** A built-in one comes back as it was. @throws {ConfigRefusal} there is none. */
  removeMatcher(name: string): void {
    const matcher = this.matcher(name);
    this.matchers.delete(name);
    if (matcher.origin === 'builtin') this.matchers.set(name, defaultMatcher(this.#product));
  }

  /** Where a notification goes: each target once, however many matchers name it; disabled ones are left out. */
  targetsOf(notification: LabNotification): LabTarget[] {
    const names = [...this.matchers.values()]
      .filter((matcher) => matches(matcher, notification))
      .flatMap(({ config }) => [config['target'] ?? []].flat());
    return [...new Set(names)].flatMap((name) => {
      const target = this.targets.get(name);
      return target === undefined || isOn(target.config['disable']) ? [] : [target];
    });
  }

  #refuseTaken(name: string): void {
    if (this.targets.has(name) || this.matchers.has(name))
      throw new ConfigRefusal(400, `Cannot create '${name}', an entity with the same name already exists`);
  }

  #checkDigest(values: GivenValues): void {
    const wanted = values['digest']?.[0];
    if (wanted !== undefined && wanted !== this.digest())
      throw new ConfigRefusal(
        400,
        'detected modified configuration - file changed by other user? Try again.',
      );
  }

  #checkUrl(name: string, values: GivenValues): void {
    const url = values['url']?.[0];
    if (url === undefined || HTTP_URL.test(url)) return;
    const fault = "parameter verification failed - 'url': value does not match the regex pattern";
    if (this.#product === 'pbs') throw new ConfigRefusal(400, fault);
    // PVE does not look at it before the file is written, and says so twice.
    const writing = `writing "notifications.cfg" failed: verify section '${name}' failed - ${fault}`;
    throw new ConfigRefusal(500, `could not serialize configuration: ${writing}: ${writing}`);
  }

  #checkFields(values: GivenValues): void {
    const bad = values['match-field']?.find((rule) => readFieldRule(rule) === undefined);
    if (bad === undefined) return;
    const fault = `error: could not apply filter: invalid match-field statement: ${bad}`;
    throw new ConfigRefusal(this.#product === 'pve' ? 500 : 400, fault);
  }

  #checkTargets(values: GivenValues): void {
    const missing = values['target']?.find((name) => !this.targets.has(name));
    if (missing !== undefined) throw new ConfigRefusal(404, `endpoint '${missing}' does not exist`);
  }
}

/** Takes the values into the entity. Those of secrets are kept apart and only their names shown. */
function apply(entity: LabEntity, values: GivenValues): void {
  for (const key of values['delete'] ?? []) delete entity.config[key];
  for (const [key, given] of Object.entries(values)) {
    if ('secrets' in entity && (key === 'token' || key === 'password')) entity.secrets[key] = given[0] ?? '';
    if (NOT_KEPT.has(key)) continue;
    if (key === 'secret' && 'secrets' in entity) applySecrets(entity, given);
    else entity.config[key] = LISTS.has(key) ? [...given] : (given[0] ?? '');
  }
}

/** A secret without a value keeps the one it has; those not named are forgotten. */
function applySecrets(target: LabTarget, given: readonly string[]): void {
  const kept: Record<string, string> = {};
  for (const text of given) {
    const name = part(text, 'name') ?? '';
    const value = part(text, 'value') ?? target.secrets[name];
    if (value === undefined) throw new ConfigRefusal(400, `secret '${name}' not known`);
    if (name in kept) throw new ConfigRefusal(400, `secret '${name}' defined multiple times`);
    kept[name] = value;
  }
  for (const name of Object.keys(target.secrets)) delete target.secrets[name];
  Object.assign(target.secrets, kept);
  target.config['secret'] = Object.keys(kept).map((name) => `name=${name}`);
}

/** One part of `name=x,value=y`. */
function part(text: string, key: string): string | undefined {
  return text
    .split(',')
    .find((one) => one.startsWith(`${key}=`))
    ?.slice(key.length + 1);
}
