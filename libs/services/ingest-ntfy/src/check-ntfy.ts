import { failedCheck, SourceFailure, uncheckedCertificate, type SourceCheck } from '@proxmox-mcp/ingest-kit';
import { accessOf, type NtfyConfig } from './config.ts';
import { parseLine } from './parse.ts';
import { createNtfyClient } from './read/client.ts';
import { notNtfy } from './read/trouble.ts';

const WHAT = 'ntfy (in)';

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
    if (line === undefined || 'reject' in line) throw notNtfy();
    const count = access.topics.length;
    return [
      {
        status: 'passed',
        what: `${WHAT}: answers, and lets us read ${count} topic${count === 1 ? '' : 's'}`,
      },
      ...(access.tls.kind === 'insecure' ? [uncheckedCertificate(WHAT, 'NTFY_IN')] : []),
    ];
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error;
    return [failedCheck(WHAT, error.trouble)];
  } finally {
    ending.abort();
    await client.close();
  }
}
