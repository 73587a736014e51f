/** One HTTP request as far as we look at it. */
export interface Delivery {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** A delivery before its body is read. */
export type DeliveryHead = Omit<Delivery, 'body'>;

/** Why a delivery is not taken, and the status that says so. */
export interface Refused {
  readonly reject: true;
  readonly reason: string;
  /** A sentence for the operator of the sender. Repeats nothing of what was sent. */
  readonly detail: string;
  readonly http_status: number;
}

/** Larger bodies are not read (PROXMOX §G.6). */
export const WEBHOOK_MAX_BODY_BYTES = 2 * 1024 * 1024;

/** Makes a refusal; 400 unless said otherwise. */
export function refuse(reason: string, detail: string, status = 400): Refused {
  return { reject: true, reason, detail, http_status: status };
}

/** The first value of a header. */
export function headerOf(delivery: Pick<Delivery, 'headers'>, name: string): string | undefined {
  const value = delivery.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

/** The media type without its parameters, lower case; empty where none is given. */
export function mediaTypeOf(delivery: Pick<Delivery, 'headers'>): string {
  return (headerOf(delivery, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** The path without its query. */
export function pathOf({ url }: Pick<Delivery, 'url'>): string {
  return url.split('?', 1)[0] ?? '';
}
