const LONGEST = 500;

/**
 * One bounded line of text from outside, safe to put into an error message: control characters become blanks, `secrets`
 * become `***` (an API may quote a parameter it refuses).
 */
export function oneLine(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***');
  clean = clean
    // Bounded before the regex runs; four bytes per character at most.
    .slice(0, 4 * LONGEST)
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim();
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}
