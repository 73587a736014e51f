export type { HostConfig } from './host.ts';
export {
  bool,
  fingerprints,
  httpUrl,
  int,
  isSecret,
  list,
  oneOf,
  port,
  secret,
  serverUrl,
  text,
} from './fields.ts';
export { readTls } from './tls.ts';
export { CommonSettings } from './common-settings.ts';
export { LauncherSettings } from './launcher-settings.ts';
export { SettingsError } from './faults.ts';
export type { SettingFault } from './faults.ts';
export { readEnvironment } from './environment.ts';
export type { Environment } from './environment.ts';
export { HOST_SUFFIXES, envName } from './hosts.ts';
export { loadSettings } from './load-settings.ts';
export type { LoadOptions, LoadedSettings, SettingsOwner } from './load-settings.ts';
export type { ListenerSwitch, ListenerWord } from './listeners.ts';
export { KNOWN_KEYS } from './known-keys.ts';
export { readYamlFile } from './yaml-file.ts';
