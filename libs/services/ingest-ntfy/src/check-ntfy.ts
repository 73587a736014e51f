import { SourceFailure, type SourceCheck } from '@proxmox-mcp/ingest-kit';
import { accessOf, type NtfyConfig } from './config.ts';
import { parseLine } from './parse.ts';
import { createNtfyClient } from './read/client.ts';

/** Looks at server, token and topics; empty where no ntfy is to be read. */
export async function checkNtfy(config: NtfyConfig, signal: AbortSignal): Promise<SourceCheck[]> {
  const access = accessOf(config);
  if (access === undefined) return [];
  const client = createNtfyClient(access);
  const ending = new AbortController();
  try {
    const lines = await client.subscribe(AbortSignal.any([signal, ending.signal]));
    const first = await lines.next();
    const line = first.done === true || first.value === undefined ? undefined : parseLine(first.value);
    if (line === undefined || 'reject' in line) {
      return [
        {
          status: 'failed',
          what: 'ntfy (in)',
          cause: 'the answer is not one of ntfy',
          fix: 'point NTFY_IN_SERVER_URL at the ntfy server itself, not at a page of a proxy',
        },
      ];
    }
    const count = access.topics.length;
    return [
      {
        status: 'passed',
        what: `ntfy (in): answers, and lets us read ${count} topic${count === 1 ? '' : 's'}`,
      },
      ...(access.tls.kind === 'insecure' ? [unchecked()] : []),
    ];
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error;
    const { detail, fix } = error.trouble;
    return [{ status: 'failed', what: 'ntfy (in)', cause: detail, ...(fix === undefined ? {} : { fix }) }];
  } finally {
    ending.abort();
    await client.close();
  }
}

function unchecked(): SourceCheck {
  return {
    status: 'warned',
    what: 'ntfy (in): the certificate is not checked',
    fix: 'set NTFY_IN_FINGERPRINT or NTFY_IN_CA_FILE, and leave NTFY_IN_VERIFY_SSL out',
  };
}
