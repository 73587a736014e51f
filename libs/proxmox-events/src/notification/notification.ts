import type { GuestRef, InventorySource, Product, Severity } from '@proxmox-mcp/schemas';
import type { LocalClock } from '../local-clock.ts';
import type { ActivityFamily, Outcome } from '../taxonomy.ts';

/** A Proxmox notification as some channel brought it. What the channel cannot carry is absent. */
export interface NotificationInput {
  readonly title: string;
  readonly message: string;
  /** The sender's own word: `info`, `notice`, `warning`, `error`, `unknown`. */
  readonly severity?: string;
  /** What a priority of the channel makes us think that word was: decides where the text does not, and is no fact. */
  readonly guessedSeverity?: string;
  /** Epoch seconds of its creation. */
  readonly timestamp?: number;
  /** Metadata fields (`type`, `hostname`, `job-id`, `datastore`…): webhooks alone have them. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Host the channel itself names (a mail's sender); used where neither fields nor text name one. */
  readonly senderHost?: string;
  /** Product the channel itself names (a mail's author); decides where neither type nor host do. */
  readonly senderProduct?: Product;
  /** The channel knows that it cut the message. */
  readonly truncated?: boolean;
}

/** Whose notifications come this way: one source, or several where a channel is shared (a Discord channel, a Gotify app). */
export interface NotificationRoute {
  readonly sources: readonly [InventorySource, ...InventorySource[]];
}

/** A cleaned notification, cut into what the kinds read. */
export interface NotificationText {
  /** One line, single blanks. */
  readonly title: string;
  readonly body: string;
  readonly lines: readonly string[];
  /** `Label: value` lines, label in lower case; the first of equal ones. */
  readonly labels: ReadonlyMap<string, string>;
  /** Turns local times in the body into epoch seconds. */
  readonly clock: LocalClock;
}

/** What a kind reads out of a text. Structured fields override it afterwards. */
export interface NotificationReading {
  /** How the activity ended by what the text says. */
  readonly outcome?: Outcome;
  /** Type of a condition, where the text decides between several. */
  readonly type?: string;
  /** Where the facts make it better or worse than its type is. */
  readonly severity?: Severity;
  /** The body shows what the title claims: its table, totals or label block are there. */
  readonly evidence: boolean;
  /** Host as written. */
  readonly node?: string;
  readonly cluster?: string;
  readonly guest?: GuestRef;
  readonly storage?: string;
  readonly upid?: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** One notification type of Proxmox: how to know it without fields, and how to read it. */
export interface NotificationKind {
  /** `type` field of the notification, and the fact `notification_type`. */
  readonly name: string;
  /** Product that sends it; `undefined`: both. */
  readonly product?: 'pve' | 'pbs';
  /** Family of an activity; its outcome comes from the severity, else from the text. */
  readonly family?: ActivityFamily;
  /** Type of a condition whose text does not decide. */
  readonly type?: string;
  /** Whether title, or body where there is no title, is of this type. Used only where no `type` field says so. */
  recognises(text: NotificationText): boolean;
  read(text: NotificationText): NotificationReading;
}
