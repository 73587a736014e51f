import { join } from 'node:path';
import { Inventory } from '@proxmox-mcp/schemas';
import type * as z from 'zod';
import { CommonSettings } from './common-settings.ts';
import { readEnvironment, valueOf, type Environment } from './environment.ts';
import { SettingsError, type SettingFault } from './faults.ts';
import type { HostConfig } from './host.ts';
import { readHosts } from './hosts.ts';
import { KNOWN_KEYS } from './known-keys.ts';
import { LauncherSettings } from './launcher-settings.ts';
import { decideListener, readListeners, type ListenerSwitch } from './listeners.ts';
import { misspeltKeys } from './unknown-keys.ts';
import { readYamlFile } from './yaml-file.ts';

/** Who has settings: a service definition is one. */
export interface SettingsOwner {
  readonly name: string;
  readonly config: z.ZodObject;
  /** YAML files of the config folder it reads, by name, with what they may hold; each schema accepts `{}`. */
  readonly files?: Readonly<Record<string, z.ZodType>>;
  /** Only of a way in. */
  readonly listener?: ListenerSwitch;
}

export interface LoadOptions {
  readonly env: Environment;
  /** Env file to read below the variables; default what ENV_FILE names, else `.env`. */
  readonly envFile?: string;
  /** Folder of the YAML files; default `config` in the working directory. */
  readonly configDir?: string;
}

export interface LoadedSettings {
  readonly common: CommonSettings;
  readonly hosts: readonly HostConfig[];
  readonly inventory: Inventory;
  /** Parsed settings by owner's name. */
  readonly values: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** What the owners' YAML files hold, by owner's name and file name. */
  readonly files: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** Owners that are switched off. */
  readonly disabled: ReadonlySet<string>;
  /** Worth a line at start: switches that disagree. */
  readonly notices: readonly string[];
}

/**
 * Reads the settings of all owners before anything is opened.
 *
 * @throws {SettingsError} with every fault of every owner at once; no value is repeated in it.
 */
export function loadSettings(owners: readonly SettingsOwner[], options: LoadOptions): LoadedSettings {
  const faults: SettingFault[] = [];
  const env = readEnvironment(options.env, options.envFile);
  const known = new Set([
    ...KNOWN_KEYS,
    ...Object.keys(CommonSettings.shape),
    ...Object.keys(LauncherSettings.shape),
  ]);
  for (const owner of owners) for (const key of Object.keys(owner.config.shape)) known.add(key);

  const common = readObject(CommonSettings, env, faults);
  const values = new Map<string, Record<string, unknown>>();
  for (const owner of owners) {
    const value = readObject(owner.config, env, faults);
    if (value !== undefined) values.set(owner.name, value);
  }
  const { hosts, usedKeys } = readHosts(env, faults);
  for (const key of usedKeys) known.add(key);
  const configDir = options.configDir ?? 'config';
  const inventory = readYamlFile(join(configDir, 'inventory.yaml'), Inventory, faults);
  const files = new Map(
    owners.map(({ name, files: schemas = {} }) => [
      name,
      Object.fromEntries(
        Object.entries(schemas).map(([file, schema]) => [
          file,
          readYamlFile(join(configDir, file), schema, faults),
        ]),
      ),
    ]),
  );
  faults.push(...misspeltKeys(Object.keys(env), known));

  const notices: string[] = [];
  const disabled = new Set<string>();
  if (common !== undefined) {
    const listeners = readListeners(common.ENABLE_EVENT_LISTENERS, common.ENABLED_EVENT_LISTENERS, faults);
    for (const owner of owners) {
      if (owner.listener === undefined) continue;
      const on = values.get(owner.name)?.[owner.listener.switchKey] !== false;
      const decision = decideListener(owner.listener, on, listeners, env);
      if (!decision.enabled) disabled.add(owner.name);
      if (decision.notice !== undefined) notices.push(decision.notice);
    }
  }
  if (common === undefined || faults.length > 0) throw new SettingsError(unique(faults));
  return { common, hosts, inventory, values, files, disabled, notices };
}

function readObject<S extends z.ZodObject>(
  schema: S,
  env: Environment,
  faults: SettingFault[],
): z.infer<S> | undefined {
  const before = faults.length;
  const raw: Record<string, string> = {};
  for (const key of Object.keys(schema.shape)) {
    const value = valueOf(env, key, faults);
    if (value !== undefined) raw[key] = value;
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return faults.length === before ? parsed.data : undefined;
  for (const issue of parsed.error.issues) {
    const key = String(issue.path[0] ?? 'settings');
    const missing = issue.code === 'invalid_type' && raw[key] === undefined;
    faults.push({ key, message: missing ? 'missing' : issue.message });
  }
  return undefined;
}

/** Services of one process share keys; one fault each is enough. */
function unique(faults: readonly SettingFault[]): SettingFault[] {
  return [...new Map(faults.map((fault) => [`${fault.key}\0${fault.message}`, fault])).values()];
}
