const PER_SECOND = 20;

/**
 * Says of each refused input whether it may be kept as a dead letter: a stranger who sends rubbish all day must not fill
 * the stream. What may not is counted only.
 */
export function createLetterLimit(now: () => number, perSecond = PER_SECOND): () => boolean {
  let second = Number.NaN;
  let kept = 0;
  return () => {
    const current = Math.floor(now() / 1000);
    if (current !== second) {
      second = current;
      kept = 0;
    }
    return ++kept <= perSecond;
  };
}
