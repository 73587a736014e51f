import type { LabMachine } from './machine.ts';

/** A line of a node's journal. */
export interface JournalLine {
  /** World time, milliseconds. */
  readonly at: number;
  readonly tag: string;
  readonly pid: number;
  readonly pri: number;
  readonly text: string;
}

/** One PVE node. */
export interface LabNode {
  readonly name: string;
  readonly nodeid: number;
  readonly ip: string;
  readonly fqdn: string;
  readonly maxcpu: number;
  readonly maxmem: number;
  readonly rootTotal: number;
  rootUsed: number;
  /** `pve-manager` version: `9.2.11`. */
  readonly version: string;
  /** Epoch seconds. */
  bootedAt: number;
  /** World time in milliseconds since which the node is without power. */
  diedAt?: number;
  /** Set by the servers when they have a certificate. */
  fingerprint: string;
  /** The certificate itself. */
  pem: string;
  nextPid: number;
  readonly daemons: Readonly<Record<string, number>>;
  readonly journal: JournalLine[];
  readonly machine: LabMachine;
}

/** A snapshot of a guest; `takenAt` in epoch seconds. */
export interface LabSnapshot {
  readonly name: string;
  readonly takenAt: number;
  readonly description: string;
  readonly parent?: string;
  readonly vmstate: boolean;
}

/** A disk of a guest; `key` as in its config, `sizeBytes` as allocated. */
export interface LabDisk {
  readonly key: string;
  readonly volid: string;
  readonly sizeBytes: number;
}

/** Makes the guest's next backup fail, or every one when `once` is false. */
export interface BackupFailure {
  readonly error: string;
  readonly atPercent: number;
  readonly once: boolean;
}

/** A virtual machine or container. */
export interface LabGuest {
  readonly vmid: number;
  readonly kind: 'qemu' | 'lxc';
  name: string;
  node: string;
  status: 'running' | 'stopped';
  paused: boolean;
  /** Epoch seconds; only while running. */
  startedAt?: number;
  pid?: number;
  cores: number;
  memBytes: number;
  disks: LabDisk[];
  usedBytes: number;
  tags: string[];
  pool?: string;
  template: boolean;
  lock?: string;
  agent: boolean;
  snapshots: LabSnapshot[];
  /** Other keys of the config file, in the types the API gives them. */
  readonly config: Record<string, string | number>;
  backupFailure?: BackupFailure;
  /** What pvestatd still tells after a change, until its next pass. */
  stale?: {
    readonly status: 'running' | 'stopped';
    readonly node: string;
    readonly startedAt: number | undefined;
    readonly until: number;
  };
  /** Set for a guest that pvestatd has not told of yet. */
  unseenUntil?: number;
}

/** A file or image on a storage; `createdAt` in epoch seconds. */
export interface LabVolume {
  readonly volid: string;
  readonly content: 'backup' | 'images' | 'rootdir' | 'iso' | 'vztmpl';
  readonly format: string;
  readonly sizeBytes: number;
  readonly createdAt: number;
  readonly vmid?: number;
  readonly subtype?: 'qemu' | 'lxc';
  notes?: string;
  protected?: boolean;
  /** Node that has it, for storages that are not shared. */
  readonly node?: string;
}

/** A storage of storage.cfg. */
export interface LabStorage {
  readonly id: string;
  readonly type: string;
  content: string;
  readonly shared: boolean;
  /** Nodes it is limited to. */
  readonly nodes?: readonly string[];
  disabled: boolean;
  /** False while it does not answer. */
  online: boolean;
  /** World time in milliseconds of the last change of `online`. */
  changedAt: number;
  readonly totalBytes: number;
  usedBytes: number;
  readonly path?: string;
  readonly prune?: string;
  /** Other keys of storage.cfg. */
  readonly config: Readonly<Record<string, string | number>>;
  readonly volumes: LabVolume[];
}

/** A backup job of jobs.cfg. */
export interface LabBackupJob {
  readonly id: string;
  schedule: string;
  enabled: boolean;
  readonly storage: string;
  readonly mode: 'snapshot' | 'suspend' | 'stop';
  readonly vmids?: readonly number[];
  readonly all?: boolean;
  readonly pool?: string;
  readonly prune?: string;
  readonly comment?: string;
  readonly notesTemplate?: string;
}

/** A storage replication job and how it is doing; times in epoch seconds. */
export interface LabReplicationJob {
  readonly id: string;
  readonly guest: number;
  readonly target: string;
  readonly schedule: string;
  readonly comment?: string;
  lastSync: number;
  lastTry: number;
  nextSync: number;
  durationSeconds: number;
  failCount: number;
  error?: string;
  readonly log: string[];
}

/** A guest under HA. */
export interface LabHaService {
  readonly sid: string;
  readonly vmid: number;
  readonly group?: string;
  state: string;
  requestState: string;
  node: string;
  readonly maxRestart: number;
  readonly maxRelocate: number;
}

/** A line of the cluster log. */
export interface ClusterLogLine {
  readonly uid: number;
  readonly at: number;
  readonly pri: number;
  readonly tag: string;
  readonly pid: number;
  readonly node: string;
  readonly user: string;
  readonly msg: string;
}
