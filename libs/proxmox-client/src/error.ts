/** Why a call failed, from the caller's point of view: decide by this, never by message text. */
export type ProxmoxErrorKind =
  /** No connection: refused, no route, unknown name, connect timeout. */
  | 'unreachable'
  /** The connection broke before or while answering. */
  | 'disconnected'
  /** No complete answer in time. */
  | 'timeout'
  /** The endpoint failed too often lately and is left alone until `retryAfterMs` has passed. */
  | 'circuit-open'
  /** Certificate not trusted, or no TLS at all. */
  | 'tls'
  /** The pinned certificate is not the one presented. */
  | 'fingerprint'
  /** Credentials refused, expired, or asking for a second factor. */
  | 'auth'
  | 'permission'
  /** The API refused parameters; `errors` says which. */
  | 'parameters'
  | 'not-found'
  | 'no-such-task'
  /** Guest, storage or configuration is locked by another task. */
  | 'locked'
  /** The cluster has no quorum: nothing can be changed. */
  | 'no-quorum'
  /** Exists already, or changed by somebody else meanwhile. */
  | 'conflict'
  /** This version does not have the path or method. */
  | 'not-implemented'
  /** The host answered, but could not reach the node (or daemon) the call is for. Never about credentials. */
  | 'peer-unreachable'
  /** Answered by something in between: HTML, or a redirect. */
  | 'proxy'
  /** The answer ended early. */
  | 'truncated'
  /** The answer is no JSON. */
  | 'not-json'
  /** JSON, but not in any shape we know. */
  | 'unexpected-answer'
  /** The answer is larger than `maxBodyBytes`. */
  | 'too-large'
  /** Too many calls wait for this host already. */
  | 'busy'
  /** The caller's own argument cannot be sent (a node name with a slash, a vmid of 0 …). */
  | 'invalid-argument'
  /** The caller's signal aborted the call. */
  | 'aborted'
  /** The client has been closed. */
  | 'closed'
  /** The task was still running when `waitForTask` gave up. */
  | 'task-running'
  /** Any other refusal by the API; `detail` is its text. */
  | 'error';

/** What a `ProxmoxError` is made of. */
export interface ProxmoxErrorFields {
  readonly kind: ProxmoxErrorKind;
  /** Configured name of the host. */
  readonly host: string;
  readonly method: string;
  /** API path, without query. */
  readonly path: string;
  /** What the other side said, or what was seen; one line, bounded, without secrets. */
  readonly detail: string;
  readonly status?: number | undefined;
  readonly retryable?: boolean | undefined;
  readonly outcomeUnknown?: boolean | undefined;
  readonly aclPath?: string | undefined;
  readonly privileges?: readonly string[] | undefined;
  readonly errors?: Readonly<Record<string, string>> | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly expectedFingerprint?: string | undefined;
  readonly seenFingerprint?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A call to Proxmox that did not give a usable answer. The message names host, call and reason:
 * `pve-lab: GET /cluster/status: HTTP 403: Permission check failed (/, Sys.Audit)`.
 */
export class ProxmoxError extends Error {
  override readonly name = 'ProxmoxError';
  readonly kind: ProxmoxErrorKind;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly detail: string;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** The same call can succeed later without anybody changing anything, and repeating it does no harm. */
  readonly retryable: boolean;
  /** A write may have been carried out although no good answer came: look before repeating it. */
  readonly outcomeUnknown: boolean;
  /** Of kind `permission`: where a privilege is missing, and which (any one of them is enough). */
  readonly aclPath: string | undefined;
  readonly privileges: readonly string[] | undefined;
  /** Of kind `parameters`: parameter name → complaint. */
  readonly errors: Readonly<Record<string, string>> | undefined;
  /** Of kind `circuit-open`: milliseconds until the next attempt is let through. */
  readonly retryAfterMs: number | undefined;
  /** Of kind `fingerprint`: SHA-256 in upper-case hex pairs. `seenFingerprint` is also given for `tls`, for pinning it. */
  readonly expectedFingerprint: string | undefined;
  readonly seenFingerprint: string | undefined;
  /** `host:port` of the endpoint the answer or failure came from. */
  readonly endpoint: string | undefined;

  constructor(fields: ProxmoxErrorFields) {
    const status = fields.status === undefined ? '' : `HTTP ${fields.status}: `;
    super(`${fields.host}: ${fields.method} ${fields.path}: ${status}${fields.detail}`, {
      cause: fields.cause,
    });
    this.kind = fields.kind;
    this.host = fields.host;
    this.method = fields.method;
    this.path = fields.path;
    this.detail = fields.detail;
    this.status = fields.status;
    this.outcomeUnknown = fields.outcomeUnknown ?? false;
    this.retryable = (fields.retryable ?? false) && !this.outcomeUnknown;
    this.aclPath = fields.aclPath;
    this.privileges = fields.privileges;
    this.errors = fields.errors;
    this.retryAfterMs = fields.retryAfterMs;
    this.expectedFingerprint = fields.expectedFingerprint;
    this.seenFingerprint = fields.seenFingerprint;
    this.endpoint = fields.endpoint;
  }
}
