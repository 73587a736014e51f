import { failedCheck, type SourceCheck } from '@proxmox-mcp/ingest-kit';
import type { Inventory } from '@proxmox-mcp/schemas';
import type { EmailConfig } from './config.ts';
import { readAccounts, type Account } from './imap/account.ts';
import { openSession } from './imap/open-session.ts';
import { troubleOf } from './imap/trouble.ts';

/** Logs in to every mailbox and opens every folder, changing nothing. */
export async function checkMailboxes(
  config: EmailConfig,
  inventory: Inventory,
  signal: AbortSignal,
): Promise<SourceCheck[]> {
  const accounts = readAccounts(config, inventory);
  const checks = accounts.flatMap((account) =>
    account.folders.map((folder) => checkFolder(account, folder, signal)),
  );
  return Promise.all(checks);
}

async function checkFolder(account: Account, folder: string, signal: AbortSignal): Promise<SourceCheck> {
  const { name, host, port } = account;
  const what = `mailbox ${name}/${folder}: ${host}:${port} lets us in, and the folder is there`;
  try {
    const session = await openSession(account, signal);
    try {
      await session.command(session.client.mailboxOpen(folder, { readOnly: true }));
    } finally {
      await session.close();
    }
    return account.tls.kind === 'insecure' && account.security !== 'none'
      ? { status: 'warned', what: `${what}; its certificate is not checked` }
      : { status: 'passed', what };
  } catch (err) {
    return failedCheck(what, troubleOf(err, account, folder));
  }
}
