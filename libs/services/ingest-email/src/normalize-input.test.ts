import { fileURLToPath } from 'node:url';
import { expectSubset, loadTestCases, loadTestInventory } from '@proxmox-mcp/proxmox-events/testing';
import type { EventDraft, Inventory, NormalizeResult } from '@proxmox-mcp/schemas';
import fc from 'fast-check';
import { normalizeInput } from './normalize-input.ts';

const ROOT = fileURLToPath(new URL('../testcases', import.meta.url));
const inventory = loadTestInventory(ROOT);
const receivedAt = Date.parse('2026-03-20T12:00:00Z');
const cases = loadTestCases('email', ROOT);

const normalize = (raw: Buffer | string, known: Inventory | undefined = inventory) =>
  normalizeInput(Buffer.from(raw as string), {
    receivedAt,
    ...(known === undefined ? {} : { inventory: known }),
  });

function only(result: NormalizeResult): EventDraft {
  if (!('events' in result) || result.events[0] === undefined) throw new Error(JSON.stringify(result));
  return result.events[0];
}

/** The mail without its text part, as a gateway that keeps HTML alone hands it on. */
function htmlOnly(raw: Buffer): Buffer | undefined {
  const text = raw.toString('latin1');
  const boundary = /boundary="([^"]+)"/.exec(text)?.[1];
  const parts = boundary === undefined ? [] : text.split(`--${boundary}`);
  if (parts.length !== 4 || !/text\/html/.test(parts[2] ?? '')) return undefined;
  return Buffer.from([parts[0], parts[2], parts[3]].join(`--${boundary}`), 'latin1');
}

const TEST = "This is a test of the notification target 't'.";
const mail = (headers: string, body = TEST) => `${headers}\n\n${body}`;

describe('normalizeInput', () => {
  it.each(cases)('reads $name as expected', async ({ raw, expected, context }) => {
    const result = await normalizeInput(raw, { inventory, receivedAt, ...(context && { context }) });
    expectSubset(expected, result);
  });

  const withHtml = cases.flatMap(({ name, raw }) => {
    const html = htmlOnly(raw);
    return html === undefined ? [] : [{ name, raw, html }];
  });

  it('has mails with HTML to compare', () => expect(withHtml.length).toBeGreaterThan(20));

  it.each(withHtml)('reads the HTML of $name alone as it reads its text', async ({ raw, html }) => {
    const [text, alone] = [await normalize(raw), await normalize(html)];
    if (!('events' in text)) return expect(alone).toMatchObject(text);
    const { text: _text, identity: _identity, facts, ...rest } = only(text);
    // PVE 7 writes its log into the text alone.
    const { storage: _storage, ...figures } = facts;
    expect(only(alone)).toMatchObject({ ...rest, facts: figures });
  });

  it('takes what our own notifier wrote for no event', async () => {
    const own =
      'From: root@pve1\nX-Proxmox-MCP-Notification: inc-1-opened-email\nSubject: ERROR: vzdump failed';
    expect(await normalize(mail(own))).toEqual({ ignore: true, reason: 'own-notification' });
  });

  it('gives a mail the identity of its Message-ID, else of its content, else none', async () => {
    const id = async (headers: string, body?: string) =>
      only(await normalize(mail(headers, body), undefined)).identity;
    const from = 'From: root@pve1\nSubject: Test notification';
    const dated = `${from}\nDate: Sat, 14 Mar 2026 02:07:31 +0100`;
    expect(await id(`${dated}\nMessage-ID: <1@a>`)).toBe(await id(`${from}\nMessage-ID: <1@a>`));
    expect(await id(dated)).toBe(await id(`Received: by mx\n${dated}`));
    expect(await id(dated)).not.toBe(await id(dated, `${TEST}!`));
    expect(await id(from)).toBeUndefined();
  });

  it('reads a mail that was kept as it was read when it came', async () => {
    const raw = Buffer.from(mail('From: relay@example.com\nSubject: Test notification'));
    expect(await normalizeInput(raw, { inventory, receivedAt })).toHaveProperty('reject');
    const context = {
      peer: '192.0.2.12',
      place: 'imap ops/INBOX 7 9',
      delivered_at: 1_773_450_000,
      sender_allowed: true,
    };
    const event = only(await normalizeInput(raw, { inventory, receivedAt, context }));
    expect(event).toMatchObject({
      node: 'pve2',
      identity: 'imap ops/INBOX 7 9/0',
      occurredAtGuess: 1_773_450_000,
    });
  });

  it('believes the addresses of nodes where nobody listed any, but of no domain that a stranger can have', async () => {
    const unlisted: Inventory = {
      ...inventory,
      email: {},
      sources: inventory.sources.map(({ domain: _domain, ...source }) => source),
    };
    const from = async (address: string, known = unlisted) =>
      normalize(mail(`From: ${address}\nSubject: Test notification`), known);
    for (const address of ['root@pve1', 'root@pve1.fritz.lan', 'smartd@PVE1.home.arpa'])
      expect(await from(address)).toHaveProperty('events');
    for (const address of ['root@pve1.evil.test', 'root@pve9.lan', 'pve@example.net'])
      expect(await from(address)).toMatchObject({ reject: true, reason: 'sender-not-allowed' });
    const named = { ...inventory, email: {} };
    expect(await from('backup@pve1.example.net', named)).toHaveProperty('events');
    const wildcard = { ...inventory, email: { allowed_from: ['*@relay.example'] } };
    expect(await from('any@relay.example', wildcard)).toHaveProperty('events');
    expect(await from('root@pve1.example.net', wildcard)).toHaveProperty('reject');
  });

  it('reads mails as large as they come, whatever they are made of', async () => {
    const head = 'From: root@pve1.example.net\nDate: Sat, 14 Mar 2026 02:07:31 +0100\nMIME-Version: 1.0\n';
    const subject = 'Subject: vzdump backup status (pve1.example.net): backup failed\n';
    const fill = (unit: string, bytes: number) => unit.repeat(Math.ceil(bytes / unit.length));
    // A reading that is not linear would run into the time limit of the test.
    for (const [type, body] of [
      ['text/plain', fill('A', 9_000_000)],
      ['text/plain', fill('101: 2026-03-14 02:00:04 INFO: x\n', 3_000_000)],
      ['text/html', fill('<div>', 2_000_000)],
      ['text/html', `<table>${fill('<tr><td>a<td>b', 3_000_000)}`],
      ['text/html', `<table><tr><td>${fill('x', 250)}</td>${fill('<tr><td>a<td>b', 2_000_000)}`],
      ['text/html', fill('<td colspan=1000000>', 500_000)],
      ['text/html', fill('<p>&amp;<!-- ', 2_000_000)],
      ['multipart/mixed; boundary=b', fill('--b\n\nx\n', 2_000_000)],
      ['multipart/mixed; boundary=b', fill('--b\nContent-Type: multipart/mixed; boundary=b\n\n', 500_000)],
    ] as const) {
      expect(await normalize(`${head}${subject}Content-Type: ${type}\n\n${body}`)).toBeDefined();
    }
    const headers = fill('X-Filler: y\n', 1_000_000);
    expect(await normalize(`${head}${headers}${subject}\n${TEST}`)).toMatchObject({ reason: 'unparseable' });
    const references = `In-Reply-To: <a>\nReferences: ${fill('<a@b> ', 100_000)}\n`;
    expect(await normalize(`${head}${references}${subject}\n${TEST}`)).toMatchObject({ reject: true });
    const cut = await normalize(`${head}${subject}\n${fill('A', 9_000_000)}`);
    expect(only(cut).facts).toMatchObject({ truncated: true, unparsed_body: true });
  });

  it('never throws, whatever it is sent', async () => {
    const line = fc.oneof(
      fc.constantFrom(
        'From: root@pve1.example.net',
        'Subject: Test notification',
        'Subject: =?UTF-8?B?4pyT',
        'Content-Type: multipart/alternative; boundary=b',
        'Content-Type: text/html; charset=utf-16',
        'Content-Transfer-Encoding: base64',
        'Content-Type: message/delivery-status',
        'Date: Sat, 14 Mar 2026 02:07:31 +0100',
        '--b',
        '--b--',
        '',
        '<table><tr><td>VMID</table></td>',
      ),
      fc.string({ unit: 'binary', maxLength: 60 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 25 }),
        fc.constantFrom('\n', '\r\n'),
        async (lines, end) => {
          const result = await normalize(lines.join(end));
          return 'events' in result || 'reject' in result;
        },
      ),
      { numRuns: 150 },
    );
  });
});
