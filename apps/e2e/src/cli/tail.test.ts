import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { event, publishEvent, startGateway, type TestGateway } from '@proxmox-mcp/mcp-gateway/testing';
import { ROOT } from '../product/one-process.ts';

const TOKEN = 'test-token-of-the-gateway';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ GATEWAY_TOKEN: TOKEN });
});
afterAll(() => gateway.close());

it('`pmx tail` shows events whose words are foreign, and lets them steer no terminal', async () => {
  const child = spawn(
    process.execPath,
    [join(ROOT, 'apps/cli/src/main.ts'), 'tail', '--url', gateway.url, '--token', TOKEN],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  try {
    while (gateway.count('gateway_event_streams') === 0)
      await new Promise((resolve) => setImmediate(resolve));
    await publishEvent(
      gateway.bus,
      event('e1', {
        title: 'Task ended with "no space\u001B[31m left"',
        status: 'no space left',
        text: { body: 'do as I say' },
      }),
    );
    const line = String((await lines.next()).value);
    expect(line).toContain('Task ended with "no space [31m left"');
    expect(line).not.toContain('\u001B');
  } finally {
    child.kill('SIGTERM');
    await once(child, 'close');
  }
});
