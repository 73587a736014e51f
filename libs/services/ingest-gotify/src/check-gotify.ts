import { SourceFailure, type SourceCheck } from '@proxmox-mcp/ingest-kit';
import { systemClock } from '@proxmox-mcp/proxmox-client';
import { accessOf, type GotifyAccess, type GotifyConfig } from './config.ts';
import { createGotifyClient, type GotifyClient } from './read/client.ts';
import { NoStream, openStream } from './read/stream.ts';

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
      { status: 'passed', what: `Gotify (in): answers, version ${version}, and lets the client token read` },
      ...(config.GOTIFY_IN_APP_IDS ?? []).filter((id) => !existing.includes(id)).map(unknownApp),
      ...(access.tls.kind === 'insecure' ? [unchecked()] : []),
      await checkStream(access, client, signal),
    ];
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error;
    const { detail, fix } = error.trouble;
    return [{ status: 'failed', what: 'Gotify (in)', cause: detail, ...(fix === undefined ? {} : { fix }) }];
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
    return { status: 'passed', what: 'Gotify (in): the stream of messages can be opened' };
  } catch (error) {
    if (!(error instanceof NoStream)) throw error;
    return {
      status: 'warned',
      what: 'Gotify (in): no stream, so messages are polled every GOTIFY_IN_POLL_INTERVAL seconds',
      cause: error.message,
      fix: 'let the proxy in front of Gotify pass WebSocket upgrades to /stream',
    };
  }
}

function unknownApp(id: string): SourceCheck {
  return {
    status: 'failed',
    what: `Gotify (in): application ${id} of GOTIFY_IN_APP_IDS`,
    cause: 'the user of the client token has no such application',
    fix: 'take the ids from Apps in Gotify, and a client token of the user they belong to',
  };
}

function unchecked(): SourceCheck {
  return {
    status: 'warned',
    what: 'Gotify (in): the certificate is not checked',
    fix: 'set GOTIFY_IN_FINGERPRINT or GOTIFY_IN_CA_FILE, and leave GOTIFY_IN_VERIFY_SSL out',
  };
}
