/** Container health: exit 0 when /readyz answers 200. */
const port = process.env.ADMIN_PORT || '9464';
const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4_000) }).catch(
  () => undefined,
);
process.exitCode = answer?.status === 200 ? 0 : 1;
