import * as z from 'zod';
import { Product } from './entity.ts';
import { Severity } from './severity.ts';

/** One cluster, standalone PVE host or PBS, as `config/inventory.yaml` and `normalize --inventory` write it. */
export const InventorySource = z.object({
  id: z.string(),
  product: Product,
  /** Cluster name; `null` for a standalone host. */
  cluster: z.string().nullable().default(null),
  /** IANA zone of the hosts' local clocks: RFC 3164 stamps and notification bodies are in it. */
  timezone: z.string().default('UTC'),
  domain: z.string().optional(),
  nodes: z
    .array(z.object({ name: z.string(), nodeid: z.int().optional(), address: z.string().optional() }))
    .default([]),
  storages: z
    .array(
      z.object({
        id: z.string(),
        type: z.string(),
        server: z.string().optional(),
        datastore: z.string().optional(),
        namespace: z.string().optional(),
      }),
    )
    .default([]),
  datastores: z.array(z.string()).default([]),
});
export type InventorySource = z.infer<typeof InventorySource>;

const oneOrMore = z
  .union([z.string(), z.array(z.string())])
  .transform((v) => (typeof v === 'string' ? [v] : v));

const PATH = /^\$(?:\.[\w@-]{1,64}|\[\d{1,4}\]){1,16}$/;

/** Where a value stands in a JSON body (`$.alert.title`, `$.items[0].text`); text without a `$` in front is the value itself. */
const MappedValue = z
  .string()
  .min(1)
  .max(300)
  .refine((text) => !text.startsWith('$') || PATH.test(text), 'expected a path like $.alert.title');

/** How to read the JSON of one sender that is no Proxmox host; what is left out is guessed. */
export const WebhookMapping = z.strictObject({
  title: MappedValue.optional(),
  message: MappedValue.optional(),
  /** `info`, `notice`, `warning`, `error`, `critical`, or a word that means one of them. */
  severity: MappedValue.optional(),
  /** What the sender's own words mean: `{ "0": error, "1": info }`. */
  severities: z.record(z.string(), Severity).optional(),
  /** The sender's word for the kind of its notification. */
  type: MappedValue.optional(),
  /** Name or address of one of our nodes. */
  node: MappedValue.optional(),
  /** Epoch in seconds or milliseconds, or ISO 8601. */
  timestamp: MappedValue.optional(),
  /** What the sender watches, where no node says it. */
  product: Product.default('pve'),
});
export type WebhookMapping = z.infer<typeof WebhookMapping>;

/** A mailbox beside that of the variables. Secrets stand in files of their own, which are read at every login. */
const MailAccount = z
  .object({
    name: z.string().regex(/^[a-z0-9-]{1,40}$/),
    imap_server: z.string().min(1),
    imap_port: z.int().min(1).max(65_535).default(993),
    /** Unset: `tls` on port 993, else `starttls`. */
    imap_security: z.enum(['tls', 'starttls', 'none']).optional(),
    imap_verify_ssl: z.boolean().default(true),
    /** SHA-256 of the server's certificate, hex pairs. */
    imap_fingerprint: z.string().optional(),
    imap_ca_file: z.string().optional(),
    username: z.string().min(1),
    password_file: z.string().optional(),
    oauth_token_file: z.string().optional(),
    folders: z.array(z.string().min(1)).min(1).default(['INBOX']),
  })
  .refine((account) => (account.password_file === undefined) !== (account.oauth_token_file === undefined), {
    message: 'expected either password_file or oauth_token_file',
  });

/** Who our hosts are and which ways in belong to them. Discovered through the API, completed by the operator. */
export const Inventory = z.object({
  sources: z.array(InventorySource).default([]),
  email: z
    .object({ allowed_from: z.array(z.string()), accounts: z.array(MailAccount) })
    .partial()
    .optional(),
  webhook: z
    .object({
      token: z.string(),
      /** Another header that may carry the token: its name, or `Name: prefix <token>`. */
      header: z.string(),
      methods: z.array(z.string()),
      /** URL path → inventory source id. */
      routes: z.record(z.string(), z.string()),
      /** `<source>` of `/hooks/generic/<source>` → how to read it. */
      mappings: z.record(z.string(), WebhookMapping),
    })
    .partial()
    .optional(),
  gotify: z
    .object({ apps: z.record(z.string(), oneOrMore), post_only_route: z.string() })
    .partial()
    .optional(),
  ntfy: z
    .object({
      /** Topic → ids of the sources that publish there; one that is not named is anybody's. */
      topics: z.record(z.string(), oneOrMore),
    })
    .partial()
    .optional(),
  discord: z
    .object({ webhook_ids: z.array(z.string()), channels: z.record(z.string(), oneOrMore) })
    .partial()
    .optional(),
  syslog: z
    .object({ allowed_hosts: z.string(), max_message_bytes: z.int(), max_frame_bytes: z.int() })
    .partial()
    .optional(),
});
export type Inventory = z.infer<typeof Inventory>;
