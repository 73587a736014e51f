import type { Fact } from '@proxmox-mcp/schemas';
import type { Trouble } from '../incidents/trouble.ts';
import type { FactRule, Rule, Verdict } from './rule.ts';
import type { SettingsOf } from './settings.ts';

/** What a fact says about conditions, by all rules that read its type. */
export type ReadFact = (fact: Fact, object?: Labels) => readonly Verdict[];

/** What the live picture knows of the guest that a fact is about. */
export type Labels = Pick<Trouble, 'tags' | 'pool'>;

/** Makes it of the rules. A rule that is off opens nothing; what it opened before may still end. */
export function createReadFact(rules: readonly Rule[], settings: SettingsOf): ReadFact {
  const byType = new Map<string, FactRule[]>();
  for (const rule of rules)
    if (rule.reads === 'facts')
      for (const type of rule.types) byType.set(type, [...(byType.get(type) ?? []), rule]);
  return (fact, object = {}) =>
    (byType.get(fact.type) ?? []).flatMap((rule) => {
      const chosen = settings(rule, { ...fact, ...object, condition: rule.condition });
      const said = rule.read(fact, chosen);
      const verdicts = said === undefined ? [] : 'length' in said ? said : [said];
      return verdicts.flatMap((verdict): Verdict[] => {
        if (!('trouble' in verdict)) return [verdict];
        if (!chosen.enabled) return [];
        return [{ trouble: { why: { rule: rule.name }, ...object, ...verdict.trouble } }];
      });
    });
}
