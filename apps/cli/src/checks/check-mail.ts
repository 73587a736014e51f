import { checkMailboxes, ingestEmail, type EmailConfig } from '@proxmox-mcp/ingest-email';
import type { Inventory } from '@proxmox-mcp/schemas';
import type { Check } from './check.ts';
import { checkPort } from './check-port.ts';

/** Every mailbox: login and folder; and whether the SMTP receiver has its port, where it is on. */
export async function checkMail(
  config: EmailConfig,
  inventory: Inventory,
  { adminUrl, signal }: { readonly adminUrl: string; readonly signal: AbortSignal },
): Promise<Check[]> {
  const port = config.EVENT_EMAIL_SMTP_LISTEN_PORT;
  const [mailboxes, receiver] = await Promise.all([
    checkMailboxes(config, inventory, signal),
    port === undefined
      ? []
      : checkPort({
          service: ingestEmail.name,
          host: config.EVENT_EMAIL_SMTP_LISTEN_HOST,
          port,
          key: 'EVENT_EMAIL_SMTP_LISTEN_PORT',
          adminUrl,
        }),
  ]);
  return [...mailboxes, receiver].flat();
}
