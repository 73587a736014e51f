/** The running product with the demo lab beside it, however it is run. */
export interface Product {
  /** Base URL of the gateway. */
  readonly gatewayUrl: string;
  readonly token: string;
  /** The lab's Gotify, and a token that reads from it. */
  readonly gotifyUrl: string;
  readonly gotifyClientToken: string;
  stop(): Promise<void>;
}

/** What the lab's Gotify holds. */
export interface GotifyMessage {
  readonly title: string;
  readonly message: string;
  readonly priority: number;
}

/** Messages in the lab's Gotify, newest first. */
export async function gotifyMessages(product: Product): Promise<GotifyMessage[]> {
  const answer = await fetch(`${product.gotifyUrl}/message?limit=100`, {
    headers: { 'X-Gotify-Key': product.gotifyClientToken },
  });
  const body = (await answer.json()) as { messages: GotifyMessage[] };
  return body.messages;
}

/** Asks again every quarter of a second until the answer is there; the test's own timeout bounds it. */
export async function eventually<T>(ask: () => Promise<T | undefined>, signal: AbortSignal): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (signal.aborted) throw new Error('gave up waiting');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
