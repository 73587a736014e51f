/** The message of whatever was thrown. Not by `instanceof`: an error of another realm is an error too. */
export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}
