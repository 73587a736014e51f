import { Duration, Match, matches, type Matchable } from '@proxmox-mcp/schemas';
import * as z from 'zod';

/** How one rule judges one object. */
export interface RuleSettings {
  readonly enabled: boolean;
  /** From here on it is a warning, from `crit` on critical; in the rule's unit. */
  readonly warn?: number | undefined;
  readonly crit?: number | undefined;
  /** It is over only from here on back. Without it: `warn`. */
  readonly clear?: number | undefined;
  /** Seconds it must hold before it is told, and be over before it counts as over. */
  readonly for: number;
  readonly clearFor: number;
}

const Change = z.strictObject({
  enabled: z.boolean().optional(),
  warn: z.number().optional(),
  crit: z.number().optional(),
  clear: z.number().optional(),
  for: Duration.optional(),
  clear_for: Duration.optional(),
});
type Change = z.infer<typeof Change>;

/** `config/rules.yaml`. Names are checked against the rules there are, so that a typing error does not leave one on. */
export function rulesFile(names: readonly [string, ...string[]]) {
  const changes = z.partialRecord(z.enum(names), Change);
  return z.strictObject({
    /** For every object. */
    rules: changes.default({}),
    /** For some; of several that match, the last one wins key by key. */
    overrides: z
      .array(z.strictObject({ match: Match, rules: changes }))
      .max(500)
      .default([]),
  });
}
export type RulesFile = z.infer<ReturnType<typeof rulesFile>>;

/** A guest with this tag is not asked to be backed up (HEALTH_RULES). */
export const NO_BACKUP_TAG = 'mcp-no-backup';
/** A guest with this tag must run. */
export const CRITICAL_TAG = 'mcp-critical';

/** Finds out what holds for one object. */
export type SettingsOf = (
  rule: { readonly name: string; readonly defaults: RuleSettings },
  object: Matchable,
) => RuleSettings;

/** Makes it of what the operator wrote. */
export function createSettings(file: RulesFile): SettingsOf {
  const rules: Readonly<Record<string, Change | undefined>> = file.rules;
  return ({ name, defaults }, object) => {
    let settings = apply(defaults, rules[name]);
    for (const override of file.overrides) {
      const changes: Readonly<Record<string, Change | undefined>> = override.rules;
      if (changes[name] !== undefined && matches(override.match, object))
        settings = apply(settings, changes[name]);
    }
    return settings;
  };
}

function apply(settings: RuleSettings, change: Change | undefined): RuleSettings {
  if (change === undefined) return settings;
  const { clear_for: clearFor, for: holds, ...rest } = change;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...settings,
    ...given,
    ...(holds === undefined ? {} : { for: holds }),
    ...(clearFor === undefined ? {} : { clearFor }),
  };
}
