import type { Entity, Product, Severity, Why } from '@proxmox-mcp/schemas';

/** A condition that holds: what makes an incident although no activity failed. */
export interface Trouble extends Entity {
  /** `node.state.offline`. */
  readonly condition: string;
  /** Object as every report of the condition names it; part of where its incident is looked up. */
  readonly anchor: string;
  /** Middle of the incident's key: `node/pve2`. */
  readonly object: string;
  readonly severity: Severity;
  readonly product: Product;
  readonly title: string;
  /** Why, where the report itself tells. */
  readonly cause?: string;
  /** ISO time since when it holds, as far as was seen. */
  readonly at: string;
  /** Fact that tells of it; without one it was only observed. */
  readonly ref?: string;
  /** Which rule says so, and by what. */
  readonly why?: Why;
  /** Of the guest, for routing. */
  readonly tags?: readonly string[];
  readonly pool?: string;
}

/** The end of what may have been a problem. Absence of news is never one. */
export interface Recovery extends Pick<Entity, 'cluster'> {
  readonly condition: string;
  readonly anchor: string;
  readonly title: string;
  readonly at: string;
  readonly ref?: string;
}

/** A report that explains an open incident without being its cause or its end. */
export interface Detail extends Pick<Entity, 'cluster'> {
  readonly condition: string;
  readonly anchor: string;
  readonly title: string;
  readonly at: string;
  readonly ref: string;
}
