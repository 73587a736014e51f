import type { Fact, GuestState, NodeState, Severity, StorageState } from '@proxmox-mcp/schemas';
import type { DatastoreState, JobState } from '@proxmox-mcp/schemas';
import type { Detail, Recovery, Trouble } from '../incidents/trouble.ts';
import type { Past } from './past.ts';
import type { RuleSettings } from './settings.ts';

/** Entries of the live picture by kind. */
export interface Entries {
  readonly node: NodeState;
  readonly guest: GuestState;
  readonly storage: StorageState;
  readonly datastore: DatastoreState;
  readonly job: JobState;
}
export type EntryKind = keyof Entries;

/** The lab as it was last seen. */
export interface Picture {
  /** Entries of a kind; of one cluster, or of all. */
  of<K extends EntryKind>(kind: K, cluster?: string): Iterable<Entries[K]>;
}

/** How bad a reading is. */
export type Level = 'ok' | 'warn' | 'crit';

/** What a rule reads of one object at one moment. */
export interface Reading {
  /** Compared with the thresholds, unless the rule decides the level itself; shown as the reason of the incident. */
  readonly value?: number | string;
  /** Decided by the rule itself, where it is no question of a number. */
  readonly level?: Level;
  /** Where the value comes from, where there are several ways. */
  readonly source?: string;
}

/** Text of an incident, from typed fields. */
export interface Telling {
  readonly title: string;
  readonly cause?: string;
}

interface RuleBase {
  /** Its folder, and its key in `config/rules.yaml`. */
  readonly name: string;
  /** What is wrong while it holds: the incident's condition, `noun.state`. */
  readonly condition: string;
  /** One row of docs/rules.md: what is checked, in a sentence. */
  readonly summary: string;
  readonly defaults: RuleSettings;
}

/**
 * A rule about the live picture: it is asked of every object of a kind, again and again, and what it says has to last before
 * anything is told. Pure.
 */
export interface StateRule<K extends EntryKind = EntryKind> extends RuleBase {
  readonly reads: 'state';
  readonly entry: K;
  /** Of `value` and the thresholds: `%`, `d`, `h`. */
  readonly unit?: string;
  /** Whether more or less of it is worse. Default `above`. */
  readonly worse?: 'above' | 'below';
  /** Default `warning` and `critical`. */
  readonly severities?: { readonly warn: Severity; readonly crit: Severity };
  /** Whose incident it is, where facts make the same one. Default: that of the condition and the entry's object. */
  incident?(entry: Entries[K]): Pick<Trouble, 'family' | 'anchor' | 'object'>;
  /**
   * @returns `undefined` where the rule has nothing to say about the object: a template, a guest that is off, a number that is
   * missing. Nothing is told then, and nothing resolved.
   */
  read(entry: Entries[K], context: StateContext): Reading | undefined;
  tell(entry: Entries[K], reading: Reading, level: 'warn' | 'crit'): Telling;
  /** Title of the line that says it is over. */
  over(entry: Entries[K]): string;
}

/** What a rule about the live picture may look at besides the object. */
export interface StateContext {
  readonly picture: Picture;
  readonly past: Past;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly settings: RuleSettings;
}

/** What one fact says about a condition. */
export type Verdict =
  { readonly trouble: Trouble } | { readonly recovery: Recovery } | { readonly detail: Detail };

/** What the live picture knows of a storage. Nothing is false as well. */
export interface StorageLabels {
  /** Each node has one of this name for itself. */
  readonly isLocal: boolean;
  /** Guests that run may have disks on it. */
  readonly isInUse: boolean;
}

/** What a rule about facts may look at besides the fact. */
export interface FactContext {
  /** Of the guest. */
  readonly tags: readonly string[];
  /** What is known of the storage. */
  readonly storage: StorageLabels;
  /** Facts of the same type on the same node in so many seconds before, oldest first, the fact itself last; at most 50. */
  lately(seconds: number): readonly Fact[];
}

/**
 * A rule about facts: something was reported that is a problem until its end is reported, or for as long as it says. Its `for` keeps a
 * trouble back until it has lasted; `clearFor` means nothing to it. Pure.
 */
export interface FactRule extends RuleBase {
  readonly reads: 'facts';
  /** Types of the facts it is asked about. */
  readonly types: readonly string[];
  /** Of the thresholds: `d`, `%`, `in 10 min`. */
  readonly unit?: string;
  read(fact: Fact, settings: RuleSettings, context: FactContext): Verdict | readonly Verdict[] | undefined;
}

export type Rule = { [K in EntryKind]: StateRule<K> }[EntryKind] | FactRule;

/** Ties a state rule's functions to the kind of entry it names. */
export function defineStateRule<K extends EntryKind>(rule: Omit<StateRule<K>, 'reads'>): StateRule<K> {
  return { ...rule, reads: 'state' };
}

export function defineFactRule(rule: Omit<FactRule, 'reads'>): FactRule {
  return { ...rule, reads: 'facts' };
}
