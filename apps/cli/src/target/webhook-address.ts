import { connect } from 'node:net';
import { UsageError } from '../command.ts';

const TIMEOUT_MS = 5_000;
const LOOPBACK = /^(?:127\.|::1$|localhost$)/;
const ANY = /^(?:0\.0\.0\.0|::)$/;

export interface AddressOptions {
  /** `--url`: base address, or the whole one with its path. */
  readonly url: string | undefined;
  readonly webhookHost: string;
  readonly webhookPort: number;
  /** Of the Proxmox host. */
  readonly endpoint: { readonly host: string; readonly port: number };
  /** Name of the source in the path. */
  readonly source: string;
}

/**
 * Where the Proxmox host is to post: `--url`, else the address of ours by which we reach it.
 *
 * @throws {UsageError} the host could not reach what we listen on; the message names the setting to change.
 */
export async function webhookAddress(options: AddressOptions): Promise<string> {
  const { url, webhookHost, webhookPort, endpoint, source } = options;
  const path = `/hooks/proxmox/${encodeURIComponent(source)}`;
  if (url !== undefined) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new UsageError('--url: expected an http:// or https:// address');
    return new URL(url).pathname.includes('/hooks/') ? url : `${url.replace(/\/+$/, '')}${path}`;
  }
  if (webhookPort === 0) throw new UsageError('WEBHOOK_PORT is 0, another one at every start: give --url');
  const own =
    ANY.test(webhookHost) || LOOPBACK.test(webhookHost) ? await addressTowards(endpoint) : webhookHost;
  if (LOOPBACK.test(webhookHost) && !LOOPBACK.test(own))
    throw new UsageError(
      `WEBHOOK_HOST=${webhookHost} hears this machine only: set WEBHOOK_HOST=0.0.0.0, or give --url where a proxy stands in front`,
    );
  return `http://${own.includes(':') ? `[${own}]` : own}:${webhookPort}${path}`;
}

/** The address of ours that a connection to the host starts from. */
function addressTowards({ host, port }: AddressOptions['endpoint']): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(
        new UsageError(
          `${host}:${port} cannot be reached (${why}): give --url, the address of ours it is to use`,
        ),
      );
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    socket.once('connect', () => {
      resolve(socket.localAddress ?? '');
      socket.destroy();
    });
    socket.once('timeout', () => {
      socket.destroy();
      fail('timeout');
    });
    socket.once('error', (err: NodeJS.ErrnoException) => fail(err.code ?? 'error'));
  });
}
