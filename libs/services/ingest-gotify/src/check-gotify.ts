import { failedCheck, SourceFailure, uncheckedCertificate, type SourceCheck } from '@proxmox-mcp/ingest-kit';
import { systemClock } from '@proxmox-mcp/proxmox-client';
import { accessOf, type GotifyAccess, type GotifyConfig } from './config.ts';
import { createGotifyClient, type GotifyClient } from './read/client.ts';
import { NoStream, openStream } from './read/stream.ts';

const WHAT = 'Gotify (in)';

/** Looks at server, token, applications and stream; empty where no Gotify is to be read. */
export async function checkGotify(config: GotifyConfig, signal: AbortSignal): Promise<SourceCheck[]> {
  const access = accessOf(config);
  if (access === undefined) return [];
  const client = createGotifyClient(access);
  try {
    const version = await client.version(signal);
    await client.page({ limit: 1 }, signal);
    const existing = await client.applications(signal);
    return [
      { status: 'passed', what: `${WHAT}: answers, version ${version}, and lets the client token read` },
      ...(config.GOTIFY_IN_APP_IDS ?? []).filter((id) => !existing.includes(id)).map(unknownApp),
      ...(access.tls.kind === 'insecure' ? [uncheckedCertificate(WHAT, 'GOTIFY_IN')] : []),
      await checkStream(access, client, signal),
    ];
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error;
    return [failedCheck(WHAT, error.trouble)];
  } finally {
    await client.close();
  }
}

async function checkStream(
  access: GotifyAccess,
  client: GotifyClient,
  signal: AbortSignal,
): Promise<SourceCheck> {
  try {
    const stream = await openStream({ access, connect: client.connect, clock: systemClock, signal });
    stream.close();
    return { status: 'passed', what: `${WHAT}: the stream of messages can be opened` };
  } catch (error) {
    if (!(error instanceof NoStream)) throw error;
    return {
      status: 'warned',
      what: `${WHAT}: no stream, so messages are polled every GOTIFY_IN_POLL_INTERVAL seconds`,
      cause: error.message,
      fix: 'let the proxy in front of Gotify pass WebSocket upgrades to /stream',
    };
  }
}

function unknownApp(id: string): SourceCheck {
  return failedCheck(`${WHAT}: application ${id} of GOTIFY_IN_APP_IDS`, {
    detail: 'the user of the client token has no such application',
    fix: 'take the ids from Apps in Gotify, and a client token of the user they belong to',
  });
}
