const REMEMBERED = 1_024;

/** Tells for a set of filters whether a subject matches one. Remembers a bounded number of answers. */
export function subjectFilter(filters: readonly string[]): (subject: string) => boolean {
  const patterns = filters.map((filter) => filter.split('.'));
  const known = new Map<string, boolean>();
  return (subject) => {
    const seen = known.get(subject);
    if (seen !== undefined) return seen;
    const tokens = subject.split('.');
    const answer = patterns.some((pattern) => matches(pattern, tokens));
    if (known.size >= REMEMBERED) known.clear();
    known.set(subject, answer);
    return answer;
  };
}

/** `*` is one token, a closing `>` one or more. */
function matches(pattern: readonly string[], tokens: readonly string[]): boolean {
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === '>') return tokens.length > i;
    if (i >= tokens.length || (pattern[i] !== '*' && pattern[i] !== tokens[i])) return false;
  }
  return pattern.length === tokens.length;
}
