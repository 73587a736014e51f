import type { Entity, Product, Severity, Why } from '@proxmox-mcp/schemas';

/** A condition that holds: what makes an incident although no activity failed. */
export interface Trouble extends Entity {
  /** `node.state.offline`. */
  readonly condition: string;
  /** Object as every report of the condition names it; part of where its incident is looked up. */
  readonly anchor: string;
  /** Activity whose failures make the same incident, where it is looked up instead of under `condition`: `replication.job`. */
  readonly family?: string | undefined;
  /** Middle of the incident's key: `node/pve2`. */
  readonly object: string;
  readonly severity: Severity;
  readonly product: Product;
  readonly title: string;
  /** Why, where the report itself tells. */
  readonly cause?: string;
  /** ISO time since when it holds, as far as was seen. */
  readonly at: string;
  /** Last word of it so far, ISO. Default `at`. */
  readonly lastAt?: string;
  /** Seconds it must hold before anything is told of it. Default 0. */
  readonly holdsFor?: number;
  /** Conditions of the same cluster that explain it: while one is open, or has just ended, what is to hold waits on. */
  readonly unless?: readonly Explained[];
  /** A report that is not the first of its fact may be the one that makes it a problem. */
  readonly isGrowing?: boolean;
  /** Seconds after its last word at which it counts as over: for moments, whose end nobody reports. */
  readonly expiresAfter?: number;
  /** Who sees it, where several can see one thing: it is over when it is for each of them. */
  readonly seenBy?: readonly string[];
  /** Fact that tells of it; without one it was only observed. */
  readonly ref?: string;
  /** Which rule says so, and by what. */
  readonly why?: Why;
  /** Of the guest, for routing. */
  readonly tags?: readonly string[];
  readonly pool?: string;
}

/** Open incidents that make another one needless: those of a condition. With a node, those on it, and that it tells nothing of itself. */
export interface Explained {
  readonly condition: string;
  readonly node?: string | undefined;
}

/** The end of what may have been a problem. Absence of news is never one. */
export interface Recovery extends Pick<Entity, 'cluster'> {
  readonly condition: string;
  readonly anchor: string;
  readonly title: string;
  readonly at: string;
  readonly ref?: string;
  /** For whom it is over; without it for everybody. */
  readonly seenBy?: readonly string[];
}

/** A report that explains an open incident without being its cause or its end. */
export interface Detail extends Pick<Entity, 'cluster'> {
  readonly condition: string;
  readonly anchor: string;
  readonly title: string;
  readonly at: string;
  readonly ref: string;
}
