/** Who in the lab speaks: which product, which node, and the cluster it belongs to (a standalone node has none). */
export interface LabOrigin {
  readonly product: 'pve' | 'pbs';
  readonly node: string;
  readonly cluster?: string;
  /** Fully qualified name of the node, as notification subjects carry it. */
  readonly fqdn: string;
}

/** One line a daemon writes to the journal, before any transport has framed it. */
export interface LabSyslogLine {
  readonly origin: LabOrigin;
  /** World time, milliseconds since the epoch. */
  readonly at: number;
  /** Short host name, as rsyslog would put it into the header. */
  readonly node: string;
  /** Program name without brackets: `pvedaemon`. */
  readonly tag: string;
  /** 0 for the kernel, which has none. */
  readonly pid: number;
  /** Syslog PRI, facility × 8 + severity: 30 is daemon.info, 27 is daemon.err. */
  readonly pri: number;
  readonly text: string;
}

/** Severities of proxmox-notify. */
export type LabNotificationSeverity = 'info' | 'notice' | 'warning' | 'error' | 'unknown';

/** One rendered notification, before any target has delivered it. */
export interface LabNotification {
  /** Template family: `vzdump`, `replication`, `fencing`, `gc`, `verify`, `prune`, `sync`, `package-updates`, `test`, `system-mail`. */
  readonly type: string;
  readonly severity: LabNotificationSeverity;
  /** Creation time in world time, epoch seconds. */
  readonly timestamp: number;
  /** Includes `type` and `hostname` as the product sets them; empty for `test`. */
  readonly fields: Readonly<Record<string, string>>;
  /** Rendered subject; may end in a blank, as the real ones do. */
  readonly title: string;
  /** Rendered text part. */
  readonly body: string;
}

/**
 * Hears what the pretend lab says to the outside. Every method is called synchronously, in world order, once per
 * happening; a listener that needs time queues on its own. A throwing listener is ignored by the world.
 */
export interface LabListener {
  onSyslog?(line: LabSyslogLine): void;
  onNotification?(origin: LabOrigin, notification: LabNotification): void;
}
