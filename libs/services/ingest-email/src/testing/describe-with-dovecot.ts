import { findDovecot, type DovecotProgram } from './dovecot.ts';

/**
 * Declares tests that need a real Dovecot. Await it at the top of a test file. Where there is none they count as skipped and
 * their name says why; they never count as passed.
 */
export async function describeWithDovecot(
  what: string,
  tests: (program: DovecotProgram) => void,
): Promise<void> {
  const found = await findDovecot(process.env);
  if (found !== undefined) {
    describe(`${what} (dovecot ${found.version})`, () => tests(found));
  } else {
    describe.skip(`${what} (no dovecot; tools/peers/dovecot.sh installs it)`, () => {
      it('needs a dovecot', () => {});
    });
  }
}
