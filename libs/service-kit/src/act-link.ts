import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Bus, WrongRevision } from '@proxmox-mcp/bus';

/** What a link in a message does. */
export const ACT_OPS = ['acknowledge', 'silence'] as const;
export type ActOp = (typeof ACT_OPS)[number];

/** What one link may do, once. */
export interface Act {
  readonly op: ActOp;
  readonly incidentId: string;
  /** Channel of the message that it stands in: who acted, as far as anybody can tell. */
  readonly channel: string;
  /** Milliseconds since the epoch, whole seconds. */
  readonly expiresAt: number;
  /** The same for the same link, another for any other. */
  readonly nonce: string;
}

/** Why a token does nothing. */
export type ActRefusal = 'forged' | 'expired';

const SECRET_KEY = 'secret';
const VERSION = '1';
/** The shape of what `signAct` writes; anything longer is not looked at. */
const TOKEN =
  /^1\.(acknowledge|silence)\.([A-Za-z0-9_-]{1,80})\.([a-z][a-z0-9-]{0,39})\.([0-9]{1,11})\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{43})$/;

/** Writes the token of a link: what it does in plain, and a signature. It fits a path as it is. */
export function signAct(secret: Buffer, { op, incidentId, channel, expiresAt, nonce }: Act): string {
  const said = [VERSION, op, incidentId, channel, Math.floor(expiresAt / 1_000), nonce].join('.');
  return `${said}.${signatureOf(secret, said).toString('base64url')}`;
}

/** Reads the token of a link. The signature is compared in constant time, and first. @param now milliseconds since the epoch. */
export function readAct(secret: Buffer, token: string, now: number): Act | ActRefusal {
  const match = token.length > 300 ? null : TOKEN.exec(token);
  if (match === null) return 'forged';
  // All groups of the pattern are there when it fits.
  const [, op = '', incidentId = '', channel = '', seconds = '', nonce = '', signature = ''] = match;
  const expected = signatureOf(secret, token.slice(0, token.lastIndexOf('.')));
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'forged';
  const expiresAt = Number(seconds) * 1_000;
  if (now >= expiresAt) return 'expired';
  return { op: op === 'silence' ? 'silence' : 'acknowledge', incidentId, channel, expiresAt, nonce };
}

/**
 * The secret that links are signed with; made by whoever asks first. It is kept on the bus: notifier and gateway share nothing
 * else, and who can read the bus can acknowledge without it.
 */
export async function actSecret(bus: Pick<Bus, 'kv'>): Promise<Buffer> {
  const acts = await bus.kv('ACTS');
  try {
    await acts.create(SECRET_KEY, randomBytes(32).toString('base64url'));
  } catch (error) {
    if (!(error instanceof WrongRevision)) throw error;
  }
  const entry = await acts.get(SECRET_KEY);
  if (entry === undefined) throw new Error('the secret of links was deleted while it was read');
  return Buffer.from(entry.value, 'base64url');
}

function signatureOf(secret: Buffer, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}
