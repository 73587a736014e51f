const DISCORD_EPOCH_MS = 1_420_070_400_000n;

/** Ids of Discord: 17 to 20 digits, the upper 42 bits a time in milliseconds. */
export function isSnowflake(text: string): boolean {
  return /^\d{17,20}$/.test(text);
}

/** When the thing with this id was made, in epoch milliseconds. */
export function timeOf(id: string): number {
  return Number((BigInt(id) >> 22n) + DISCORD_EPOCH_MS);
}

/** The id that lies `ms` before another one; never below `0`. */
export function idBefore(id: string, ms: number): string {
  const before = BigInt(id) - (BigInt(ms) << 22n);
  return String(before < 0n ? 0n : before);
}

/** Whether the first id is the later one. */
export function isLater(id: string, than: string): boolean {
  return BigInt(id) > BigInt(than);
}
