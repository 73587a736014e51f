/** A target of notifications.cfg as the API keeps it. */
export interface LabTarget {
  readonly name: string;
  readonly type: 'sendmail' | 'smtp' | 'gotify' | 'webhook';
  readonly origin: 'builtin' | 'user-created';
  /** Keys of the endpoint; secrets only by name. */
  readonly config: Record<string, string | string[]>;
  /** Values of its secrets and tokens: never told. */
  readonly secrets: Record<string, string>;
}

/** The built-in target of a fresh host. */
export function mailToRoot(): LabTarget {
  return {
    name: 'mail-to-root',
    type: 'sendmail',
    origin: 'builtin',
    config: { comment: "Send mails to root@pam's email address", 'mailto-user': ['root@pam'] },
    secrets: {},
  };
}
