import type { Inventory } from '@proxmox-mcp/schemas';
import type { EmailConfig } from './config.ts';
import { readAccounts, type Account } from './imap/account.ts';
import { openSession } from './imap/open-session.ts';
import { troubleOf } from './imap/trouble.ts';

/** What a look at one folder found. */
export interface MailboxCheck {
  /** `email/INBOX`, as in `sources.<name>`. */
  readonly name: string;
  readonly server: string;
  /** Why it cannot be read; absent where it can. */
  readonly trouble?: { readonly cause: string; readonly fix?: string };
}

/** Logs in to every mailbox and opens every folder, changing nothing. */
export async function checkMailboxes(
  config: EmailConfig,
  inventory: Inventory,
  signal: AbortSignal,
): Promise<MailboxCheck[]> {
  const accounts = readAccounts(config, inventory);
  const checks = accounts.flatMap((account) =>
    account.folders.map((folder) => checkFolder(account, folder, signal)),
  );
  return Promise.all(checks);
}

async function checkFolder(account: Account, folder: string, signal: AbortSignal): Promise<MailboxCheck> {
  const about = { name: `${account.name}/${folder}`, server: `${account.host}:${account.port}` };
  try {
    const session = await openSession(account, signal);
    try {
      await session.command(session.client.mailboxOpen(folder, { readOnly: true }));
      return about;
    } finally {
      await session.close();
    }
  } catch (err) {
    const { detail, fix } = troubleOf(err, account, folder);
    return { ...about, trouble: { cause: detail, ...(fix === undefined ? {} : { fix }) } };
  }
}
