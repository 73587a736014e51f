/** One thing wrong with the settings: the key to change and why. Never repeats a value, which may be a secret. */
export interface SettingFault {
  readonly key: string;
  readonly message: string;
}

/** Settings that cannot be used; every fault of every service at once. Exit code 2. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly faults: readonly SettingFault[];
  constructor(faults: readonly SettingFault[]) {
    super(`settings refused:\n${faults.map((fault) => `  ${fault.key}: ${fault.message}`).join('\n')}`);
    this.faults = faults;
  }
}
