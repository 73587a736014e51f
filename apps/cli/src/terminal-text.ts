/** What somebody else wrote, so that it steers no terminal: controls and directions of writing become visible. Lines stay lines. */
export function terminalText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) =>
    char === '\n' ? char : `\\x${(char.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  );
}

/** The same on one line. */
export function terminalLine(text: string): string {
  return terminalText(text.replaceAll('\n', ' '));
}
