import { hasCompose, startCompose, type ComposeProduct } from '../product/compose.ts';
import { describeFirstMinute } from './first-minute.ts';

if (await hasCompose()) {
  let product: ComposeProduct | undefined;
  describeFirstMinute(
    'in containers',
    async () => (product = await startCompose()),
    async () => {
      await product?.compose('up', '-d', '--wait', '--scale', 'ingest-syslog=3', '--scale', 'notifier=2');
      const rows =
        (await product?.compose('ps', '--format', '{{.Service}} {{.Health}}'))?.trim().split('\n') ?? [];
      expect(rows.filter((row) => row === 'ingest-syslog healthy')).toHaveLength(3);
      expect(rows.filter((row) => row === 'notifier healthy')).toHaveLength(2);
    },
  );
} else {
  // Counted as skipped, never as passed.
  describe.skip('the first minute, in containers (no Docker engine with Compose answers)', () => {
    it('needs a Docker engine', () => {});
  });
}
