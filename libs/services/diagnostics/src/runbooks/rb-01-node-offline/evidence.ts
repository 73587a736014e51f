/** What RB-01 looks at. Plain data, so that a test case is a JSON file. */
export interface NodeOfflineEvidence {
  readonly node: string;
  /** What each way in says of the members. */
  readonly views: readonly {
    readonly from: string;
    readonly online: readonly string[];
    readonly offline: readonly string[];
    readonly quorate?: boolean;
  }[];
  /** Ways in that gave no answer. */
  readonly silent: readonly string[];
  /** Whether the node itself answers through a peer: its API, not its kernel. */
  readonly answers?: boolean;
  /** Seconds, when it answers. */
  readonly uptime?: number;
  /** Guests last seen on it. */
  readonly guests: readonly {
    readonly vmid: number;
    readonly name?: string;
    readonly status: string;
    readonly ha?: string;
  }[];
  /** State of the node in the HA manager: online, unknown, fence, gone, maintenance. */
  readonly haNode?: string;
  /** HA services on it that are being fenced or recovered. */
  readonly haServices: readonly { readonly sid: string; readonly state: string }[];
  /** Tasks of the node shortly before. */
  readonly tasks: readonly { readonly upid: string; readonly type: string; readonly startedAt: string }[];
  /** What reports told of the node around that time. */
  readonly reports: readonly { readonly id: string; readonly type: string; readonly at: string }[];
}
