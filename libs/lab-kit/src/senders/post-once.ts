const TIMEOUT_MS = 10_000;
/** What proxmox-notify's HTTP client calls itself. */
const USER_AGENT = 'proxmox-sync-http-client/1.0.6';

/** Posts as proxmox-notify does: one attempt of at most 10 s, redirects followed. @throws a status of 400 or more. */
export async function postOnce(
  url: string,
  request: {
    readonly method?: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  },
): Promise<void> {
  const { method = 'POST', headers, body } = request;
  const response = await fetch(url, {
    method,
    headers: { 'user-agent': USER_AGENT, ...headers },
    // As bytes: a text would be given a Content-Type that proxmox-notify does not send.
    ...(method === 'GET' ? {} : { body: new TextEncoder().encode(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (response.status >= 400) throw new Error(`HTTP ${response.status}`);
}
