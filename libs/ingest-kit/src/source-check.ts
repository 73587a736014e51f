import type { Trouble } from './source-reader.ts';

/** One thing looked at about a server that a way in reads, for `test-connection`. */
export interface SourceCheck {
  readonly status: 'passed' | 'failed' | 'warned';
  /** What was looked at, and what was seen. */
  readonly what: string;
  /** Why it failed. */
  readonly cause?: string;
  /** The setting to change. */
  readonly fix?: string;
}

/** What was looked at is not as it must be. */
export function failedCheck(what: string, { detail, fix }: Omit<Trouble, 'reason'>): SourceCheck {
  return { status: 'failed', what, cause: detail, ...(fix === undefined ? {} : { fix }) };
}

/** @param prefix of the settings that say what certificate is believed: `GOTIFY_IN`. */
export function uncheckedCertificate(server: string, prefix: string): SourceCheck {
  return {
    status: 'warned',
    what: `${server}: the certificate is not checked`,
    fix: `set ${prefix}_FINGERPRINT or ${prefix}_CA_FILE, and leave ${prefix}_VERIFY_SSL out`,
  };
}
