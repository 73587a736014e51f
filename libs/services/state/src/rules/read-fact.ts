import type { Fact } from '@proxmox-mcp/schemas';
import { isSameCluster, isSeenByAny } from '../incidents/place.ts';
import type { Recovery, Trouble } from '../incidents/trouble.ts';
import type { FactContext, FactRule, Rule, StorageLabels, Verdict } from './rule.ts';
import type { RuleSettings, SettingsOf } from './settings.ts';

/** What rules about facts say. */
export interface FactReader {
  /** What a fact says about conditions, by all rules that read its type. */
  read(fact: Fact): readonly Verdict[];
  /** Whether a later fact says that what this one tells of is over: reports arrive in any order. */
  isOver(fact: Fact, trouble: Trouble): boolean;
  /** A trouble that was only observed, as its rule tells it; `undefined` where the rule is off. */
  judge(trouble: Trouble): Trouble | undefined;
}

/** What the live picture knows of the guest that a fact is about. */
export type Labels = Pick<Trouble, 'tags' | 'pool'>;

/** What is known besides the fact. */
export interface Surroundings {
  readonly labelsOf?: (cluster: string | undefined, vmid: number) => Labels;
  readonly storageOf?: (cluster: string | undefined, storage: string, node?: string) => StorageLabels;
  /** Facts of a type on a node whose last word lies within a span (milliseconds), oldest first; at most 50. */
  readonly ended?: (type: string, node: string, span: readonly [number, number]) => Fact[];
}

const UNKNOWN: StorageLabels = { isLocal: false, isInUse: false };

/** Latest time that a fact can have. */
const EVER = 8_000_000_000_000;

/** Makes it of the rules. A rule that is off opens nothing; what it opened before may still end. */
export function createFactReader(
  rules: readonly Rule[],
  settings: SettingsOf,
  { labelsOf = () => ({}), storageOf = () => UNKNOWN, ended = () => [] }: Surroundings = {},
): FactReader {
  const own = rules.filter((rule) => rule.reads === 'facts');
  const byType = new Map<string, FactRule[]>();
  for (const rule of own)
    for (const type of rule.types) byType.set(type, [...(byType.get(type) ?? []), rule]);

  const labels = ({ guest, cluster }: Fact): Labels =>
    guest === undefined ? {} : labelsOf(cluster, guest.vmid);

  function contextOf(fact: Fact): FactContext {
    return {
      tags: labels(fact).tags ?? [],
      storage: fact.storage === undefined ? UNKNOWN : storageOf(fact.cluster, fact.storage, fact.node),
      lately(seconds) {
        const at = Date.parse(fact.startedAt);
        const before = fact.node === undefined ? [] : ended(fact.type, fact.node, [at - seconds * 1_000, at]);
        const others = before.filter(({ id, cluster }) => id !== fact.id && cluster === fact.cluster);
        return [...others, fact];
      },
    };
  }

  function verdictsOf(rule: FactRule, fact: Fact, chosen: RuleSettings): readonly Verdict[] {
    const said = rule.read(fact, chosen, contextOf(fact));
    return said === undefined ? [] : 'length' in said ? said : [said];
  }

  const chosenFor = (rule: FactRule, fact: Fact) =>
    settings(rule, { ...fact, ...labels(fact), condition: rule.condition });

  function finished(rule: FactRule, chosen: RuleSettings, trouble: Trouble): Trouble {
    const { holdsFor = chosen.for } = trouble;
    const why = { rule: rule.name, ...(holdsFor > 0 ? { forSeconds: holdsFor } : {}), ...trouble.why };
    return { ...trouble, why, holdsFor };
  }

  return {
    read: (fact) =>
      (byType.get(fact.type) ?? []).flatMap((rule) => {
        const chosen = chosenFor(rule, fact);
        return verdictsOf(rule, fact, chosen).flatMap((verdict): Verdict[] => {
          if (!('trouble' in verdict)) return [verdict];
          if (!chosen.enabled) return [];
          return [{ trouble: { ...labels(fact), ...finished(rule, chosen, verdict.trouble) } }];
        });
      }),
    isOver: (fact, trouble) =>
      own
        .filter((rule) => rule.condition === trouble.condition && rule.types.includes(fact.type))
        .some((rule) =>
          rule.types
            .flatMap((type) =>
              fact.node === undefined ? [] : ended(type, fact.node, [Date.parse(trouble.at), EVER]),
            )
            .filter(({ id }) => id !== fact.id)
            .flatMap((later) => verdictsOf(rule, later, chosenFor(rule, later)))
            .some((verdict) => 'recovery' in verdict && isEndOf(verdict.recovery, trouble)),
        ),
    judge(trouble) {
      const rule = own.find(({ condition }) => condition === trouble.condition);
      if (rule === undefined) return trouble;
      const chosen = settings(rule, trouble);
      return chosen.enabled ? finished(rule, chosen, trouble) : undefined;
    },
  };
}

function isEndOf(recovery: Recovery, trouble: Trouble): boolean {
  return (
    recovery.condition === trouble.condition &&
    recovery.anchor === trouble.anchor &&
    isSameCluster(recovery.cluster, trouble.cluster) &&
    isSeenByAny(recovery.seenBy, trouble.seenBy) &&
    recovery.at >= trouble.at
  );
}
