import { openTestBus } from '@proxmox-mcp/bus/testing';
import { commandsWith } from '@proxmox-mcp/checks';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { ingestWebhook, WebhookConfig } from '@proxmox-mcp/ingest-webhook';
import { filters, Inventory, type Event } from '@proxmox-mcp/schemas';
import { openShell } from './shell.ts';

const TOKEN = 'a-token-for-the-docs';
const NOTIFICATION = {
  title: 'vzdump backup status (pve1.example.net): backup failed',
  message: 'A "quoted" word,\nand a second line \\ with a backslash',
  severity: 'error',
  timestamp: 1_773_495_102,
  fields: { type: 'vzdump', hostname: 'pve1', 'job-id': 'backup-7c1e' },
};

/** A webhook target as the command of the page creates it. */
interface Target {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Runs the command with the program of the host replaced by one that repeats its arguments, and reads those as the host does. */
async function targetOf(program: string, command: string): Promise<Target> {
  const shell = openShell({ WEBHOOK_IN_TOKEN: TOKEN });
  try {
    const { stdout } = await shell.run(`${program}() { printf '%s\\0' "$@"; }\n${command}`);
    const words = stdout.split('\0');
    const all = (name: string) => words.filter((_, index) => words[index - 1] === `--${name}`);
    const pairs = (name: string) =>
      Object.fromEntries(
        all(name).map((text) => {
          const [, key = '', value = ''] = /^name=([^,]+),value=(.*)$/.exec(text) ?? [];
          return [key, decode(value)];
        }),
      );
    const [url = ''] = all('url');
    const [method = ''] = all('method');
    return {
      url,
      method,
      headers: pairs('header'),
      body: decode(all('body')[0] ?? ''),
      secrets: pairs('secret'),
    };
  } finally {
    await shell.close();
  }
}

function decode(base64: string): string {
  expect(base64).toMatch(/^[A-Za-z0-9+/]+=*$/);
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** The part of handlebars that targets use: values, `secrets.<name>`, and the helpers `escape` and `json`; nothing is escaped unasked. */
function render(template: string, secrets: Readonly<Record<string, string>>): string {
  const values: Readonly<Record<string, string | number | object>> = NOTIFICATION;
  return template.replace(
    /\{\{\s*(?:(escape|json)\s+)?([\w.]+)\s*\}\}/g,
    (_, helper: string | undefined, path: string) => {
      const value = path.startsWith('secrets.') ? secrets[path.slice('secrets.'.length)] : values[path];
      if (value === undefined) throw new Error(`the template asks for ${path}`);
      if (helper === 'json' || typeof value === 'object') return JSON.stringify(value);
      return helper === 'escape' ? JSON.stringify(value).slice(1, -1) : String(value);
    },
  );
}

describe.each([
  {
    product: 'pve',
    source: 'homelab',
    program: 'pvesh',
    part: 'pvesh create /cluster/notifications/endpoints/webhook',
  },
  {
    product: 'pbs',
    source: 'pbs1',
    program: 'proxmox-backup-manager',
    part: 'notification endpoint webhook create',
  },
] as const)('the webhook target that the page makes on $product', ({ product, source, program, part }) => {
  it('posts what the product takes for what it is', async () => {
    const [command = ''] = commandsWith('docs/operations.md', part);
    const target = await targetOf(program, command);
    expect(target.method).toBe('post');
    const path = new URL(target.url).pathname;

    const bus = await openTestBus();
    const inventory = Inventory.parse({ sources: [{ id: source, product, nodes: [{ name: 'pve1' }] }] });
    const settings = WebhookConfig.parse({ WEBHOOK_PORT: '0', WEBHOOK_IN_TOKEN: TOKEN });
    const service = ingestWebhook.create(testContext(settings, bus.bus, { inventory }));
    const { promise: published, resolve: publish } = Promise.withResolvers<Event>();
    try {
      await service.start(new AbortController().signal);
      await bus.bus.subscribe({ filters: [filters.allEvents], from: 0 }, ({ data }) => publish(data));
      const send = (headers: Readonly<Record<string, string>>) =>
        fetch(`http://127.0.0.1:${String(service.details?.()['port'])}${path}`, {
          method: target.method.toUpperCase(),
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, value]) => [name, render(value, target.secrets)]),
          ),
          body: render(target.body, target.secrets),
        });
      expect((await send({})).status).toBe(401);
      const answer = await send(target.headers);
      expect({ status: answer.status, body: await answer.json() }).toMatchObject({
        status: 202,
        body: { accepted: true, stored: 1 },
      });
      const event = await published;
      expect(event).toMatchObject({ channel: 'webhook', source });
      expect(JSON.stringify(event)).not.toContain(TOKEN);
    } finally {
      await service.stop();
      await bus.close();
    }
  });
});
