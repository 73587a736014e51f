import { envName, type HostConfig } from '@proxmox-mcp/config';
import { checkAccess, createPbsClient, createPveClient, ProxmoxError } from '@proxmox-mcp/proxmox-client';
import type { Check } from './check.ts';

/** Further apart, task times and ticket lifetimes no longer make sense. */
const MAX_CLOCK_OFFSET_MS = 5_000;

/** Settings, TLS, credentials, privileges and clock of one configured host. */
export async function checkHost(host: HostConfig, signal: AbortSignal): Promise<Check[]> {
  const client = host.product === 'pve' ? createPveClient(host) : createPbsClient(host);
  const name = `${host.product.toUpperCase()} ${host.name}`;
  try {
    const report = await checkAccess(client, { signal });
    const checks: Check[] = [
      { status: 'passed', what: `${name}: answers, version ${report.version}, as ${report.authId}` },
    ];
    if (host.tls.kind === 'insecure') {
      const seen = report.endpoints.find((endpoint) => endpoint.certificate !== undefined)?.certificate
        ?.fingerprint;
      checks.push({
        status: 'warned',
        what: `${name}: the certificate is not checked`,
        fix: `${keyOf(host, 'FINGERPRINT')}=${seen ?? '<fingerprint>'}`,
      });
    }
    const offset = report.clockOffsetMs;
    if (offset !== undefined && Math.abs(offset) > MAX_CLOCK_OFFSET_MS) {
      checks.push({
        status: 'warned',
        what: `${name}: its clock is ${Math.round(offset / 1000)} s off ours`,
        fix: 'check chrony on both sides (chronyc tracking)',
      });
    }
    for (const capability of report.capabilities) {
      if (capability.isGranted) {
        checks.push({ status: 'passed', what: `${name}: may ${capability.name} (${capability.purpose})` });
      } else if (capability.isRequired) {
        checks.push({
          status: 'failed',
          what: `${name}: may not ${capability.name} (${capability.purpose})`,
          cause: `missing ${capability.missing.join(', ')} on ${capability.path}`,
          fix: capability.command,
        });
      }
    }
    return checks;
  } catch (err) {
    if (!(err instanceof ProxmoxError)) throw err;
    return [{ status: 'failed', what: name, cause: err.message, ...fixOf(err, host) }];
  } finally {
    await client.close();
  }
}

function fixOf(err: ProxmoxError, host: HostConfig): { fix?: string } {
  switch (err.kind) {
    case 'auth':
      return {
        fix: `check ${keyOf(host, 'USER')}, ${keyOf(host, 'TOKEN_NAME')} and ${keyOf(host, 'TOKEN_VALUE')}`,
      };
    case 'tls':
    case 'fingerprint':
      return err.seenFingerprint === undefined
        ? {}
        : { fix: `if it is your host: ${keyOf(host, 'FINGERPRINT')}=${err.seenFingerprint}` };
    case 'unreachable':
    case 'timeout':
    case 'proxy':
    case 'not-json':
      return { fix: `check ${keyOf(host, 'HOST')}: address, port and what stands in between` };
    default:
      return {};
  }
}

/** The variable that the operator wrote. */
function keyOf(host: HostConfig, suffix: string): string {
  const prefix =
    host.kind === 'cluster' ? `${host.product.toUpperCase()}_CLUSTER_PRIMARY` : envName(host.name);
  return `${prefix}_${suffix}`;
}
