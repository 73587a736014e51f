import type { HostConfig } from '@proxmox-mcp/config';
import type { AccessReport, ProxmoxError } from '@proxmox-mcp/proxmox-client';
import type { Check } from '../checks/check.ts';

/** First versions with webhook targets. */
const SINCE = { pve: [8, 3], pbs: [3, 3] } as const;
/** Capabilities without which no target can be made. */
const NEEDED: ReadonlySet<string> = new Set(['set-up-notifications', 'post-notifications']);

/** Whether the host is too old. */
export function versionFaults(host: HostConfig, { version }: AccessReport): Check[] {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})/.exec(version) ?? [];
  const [since, sinceMinor] = SINCE[host.product];
  // A version that nobody can read is no reason not to try.
  if (major === undefined || minor === undefined) return [];
  if (Number(major) > since || (Number(major) === since && Number(minor) >= sinceMinor)) return [];
  const what = `${hostLabel(host)}: version ${version} has no webhook targets`;
  const fix = `upgrade to ${since}.${sinceMinor}; a Gotify target can post to /gotify/${host.name} meanwhile`;
  return [{ status: 'failed', what, cause: `they came with ${since}.${sinceMinor}`, fix }];
}

/** What our credentials lack, each with the line that grants it. */
export function privilegeFaults(host: HostConfig, { capabilities, authId }: AccessReport): Check[] {
  return capabilities
    .filter(({ name, isGranted }) => NEEDED.has(name) && !isGranted)
    .map(({ name, missing, path, command }) => ({
      status: 'failed',
      what: `${hostLabel(host)}: may not ${name}${separated(authId)}`,
      cause: `missing ${missing.join(', ')} on ${path}`,
      fix: command,
    }));
}

/** Whose rights count twice. */
function separated(authId: string): string {
  return authId.includes('!') ? ' (a token with separated privileges has only what its user has too)' : '';
}

/** A refusal that came all the same. */
export function failureOf(err: ProxmoxError, authId: string): Check {
  if (err.kind === 'conflict' && /referenced by/.test(err.detail))
    return { status: 'failed', what: err.detail, fix: 'take it out of that matcher first' };
  if (err.kind === 'permission')
    return {
      status: 'failed',
      what: `${err.host}: refused to ${authId}${separated(authId)}`,
      cause: err.message,
    };
  return { status: 'failed', what: err.message };
}

/** The host as lines begin with it. */
export const hostLabel = ({ product, name }: HostConfig): string => `${product.toUpperCase()} ${name}`;
