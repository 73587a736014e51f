import type { Clock } from '@proxmox-mcp/ingest-kit';
import type { Lines } from './client.ts';
import { silent } from './trouble.ts';

/** ntfy says every 45 seconds that it is alive. */
const SILENCE_MS = 120_000;

/** The same lines, until none comes for too long. @throws {SourceFailure} then. */
export async function* watchSilence(lines: Lines, clock: Clock): Lines {
  for (;;) {
    const timer = new AbortController();
    const next = lines.next();
    const isSilent = clock.sleep(SILENCE_MS, timer.signal).then(
      () => true,
      () => false,
    );
    try {
      // A reading that fails later, after the silence, is nobody's business any more.
      next.catch(() => undefined);
      const first = await Promise.race([next, isSilent]);
      if (typeof first === 'boolean') throw silent(SILENCE_MS);
      if (first.done === true) return;
      yield first.value;
    } finally {
      timer.abort();
    }
  }
}
