/** How we know that a command of our pages does what the page says. */
export type Proof =
  /** A test runs it. `as`: how the test's file writes it, where it does not write it like the page. */
  | { readonly by: 'test'; readonly file: string; readonly as?: string }
  /** A command of a Proxmox host, which cannot run here: held against the facts in `proxmox-cli.ts`. */
  | { readonly by: 'facts' }
  /** Held against docker-compose.yml: services, profiles and programs in it exist. */
  | { readonly by: 'compose file' }
  /** Belongs to another system. */
  | { readonly by: 'nothing'; readonly reason: string };

const CLI = { by: 'test', file: 'apps/e2e/src/docs/commands.test.ts' } as const;
const PEOPLE = { by: 'test', file: 'apps/e2e/src/docs/people-commands.test.ts' } as const;
const TARGET = { by: 'test', file: 'apps/e2e/src/docs/webhook-target.test.ts' } as const;
const setupTarget = (as: string) =>
  ({ by: 'test', file: 'apps/e2e/src/setup-target/setup-target.test.ts', as }) as const;
const FACTS = { by: 'facts' } as const;
const COMPOSE_FILE = { by: 'compose file' } as const;
const SCALED = {
  by: 'test',
  file: 'apps/e2e/src/first-minute/compose.int.test.ts',
  as: `'--scale', 'ingest-syslog=3', '--scale', 'notifier=2'`,
} as const;
const SYSLOG_TESTCASES = 'libs/services/ingest-syslog/testcases';
const GOTIFY_TESTCASES = 'libs/services/ingest-gotify/testcases';
const NTFY_TESTCASES = 'libs/services/ingest-ntfy/testcases';
const DISCORD_TESTCASES = 'libs/services/ingest-discord/testcases';
const WEBHOOK_TESTCASES = 'libs/services/ingest-webhook/testcases';
const EMAIL_TESTCASES = 'libs/services/ingest-email/testcases';

/** Every command of the README and of docs, by its text or, with a `*` at the end, by its beginning. */
export const DOC_COMMANDS: Readonly<Record<string, Proof>> = {
  'npm ci': { by: 'nothing', reason: 'npm itself; without it no test would run' },
  'npm test': { by: 'nothing', reason: 'is what runs these tests' },
  'npm start': {
    by: 'test',
    file: 'apps/e2e/src/product/one-process.ts',
    as: `'apps/cli/src/main.ts'), 'up']`,
  },
  'npm run -s pmx -- help': CLI,
  'npm run -s pmx -- test-connection': CLI,
  'npm run -s pmx -- token create --name alice --scope read': CLI,
  'npm run -s pmx -- token create --name oncall --scope operate': CLI,
  'npm run -s pmx -- token list': CLI,
  'npm run -s pmx -- token revoke alice': CLI,
  'npm run -s pmx -- history incidents --token "$TOKEN"': CLI,
  [`npm run -s pmx -- history incidents --status stale,flapping --condition 'disk.*' --token "$TOKEN"`]:
    PEOPLE,
  'npm run -s pmx -- history incidents --why "$INCIDENT_ID" --token "$TOKEN"': PEOPLE,
  'npm run -s pmx -- routes test --incident "$INCIDENT_ID" --token "$TOKEN"': PEOPLE,
  'npm run -s pmx -- routes test --incident "$INCIDENT_ID" --at 2026-12-24T03:00:00Z --token "$TOKEN"':
    PEOPLE,
  'npm run -s pmx -- notify preview --incident "$INCIDENT_ID" --channel gotify --token "$TOKEN"': PEOPLE,
  [`npm run -s pmx -- silence preview --match 'condition=backup.*' --token "$TOKEN"`]: PEOPLE,
  [`npm run -s pmx -- silence add --match node=pve1 --match 'condition=backup.*' --for 2h --reason 'new disks' --token "$OPERATOR_TOKEN"`]:
    PEOPLE,
  'npm run -s pmx -- silence list --token "$TOKEN"': PEOPLE,
  'npm run -s pmx -- silence expire "$SILENCE_ID" --token "$OPERATOR_TOKEN"': PEOPLE,
  [`npm run -s pmx -- maintenance open --node pve1 --for 2h --reason 'new memory' --token "$OPERATOR_TOKEN"`]:
    PEOPLE,
  'npm run -s pmx -- maintenance extend "$WINDOW_ID" --for 4h --token "$OPERATOR_TOKEN"': PEOPLE,
  'npm run -s pmx -- maintenance close "$WINDOW_ID" --token "$OPERATOR_TOKEN"': PEOPLE,
  'npm run -s pmx -- maintenance list --token "$TOKEN"': PEOPLE,
  'npm run -s pmx -- history events --since 24h --severity warning --token "$TOKEN"': CLI,
  'npm run -s pmx -- history tasks --limit 20 --token "$TOKEN"': CLI,
  'npm run -s pmx -- history incidents --json --token "$TOKEN"': CLI,
  'npm run -s pmx -- history events --since 1h --raw --token "$TOKEN"': CLI,
  'npm run -s pmx -- history --raw "$EVENT_ID" --token "$TOKEN"': CLI,
  'npm run -s pmx -- history dead-letters --since 24h --token "$TOKEN"': CLI,
  'npm run -s pmx -- history dead-letters --reason unknown-host --token "$TOKEN"': CLI,
  'npm run -s pmx -- replay --since 24h --dry-run --token "$TOKEN"': CLI,
  'npm run -s pmx -- replay --since 24h --channel syslog --token "$OPERATOR_TOKEN"': CLI,
  'npm run -s pmx -- replay --rules "$RULES" --dry-run --token "$TOKEN"': CLI,
  'npm run -s pmx -- tail --token "$TOKEN"': CLI,
  [`npm run -s pmx -- tail --type 'backup.*' --severity warning --token "$TOKEN"`]: CLI,
  [`npm run -s pmx -- normalize syslog ${SYSLOG_TESTCASES}/syslog/corosync-link-down.log --inventory ${SYSLOG_TESTCASES}/inventory.json`]:
    CLI,
  [`npm run -s pmx -- normalize discord ${DISCORD_TESTCASES}/discord/webhook-pbs-sync-failed.json --inventory ${DISCORD_TESTCASES}/inventory.json`]:
    CLI,
  [`npm run -s pmx -- normalize webhook ${WEBHOOK_TESTCASES}/webhook/fencing-try.json --inventory ${WEBHOOK_TESTCASES}/inventory.json`]:
    CLI,
  'npm run -s pmx -- correlate apps/cli/testcases/more-scenarios/nfs-down-twice.json': CLI,
  [`npm run -s pmx -- normalize gotify ${GOTIFY_TESTCASES}/gotify/stream-pbs-verify-ok.json --inventory ${GOTIFY_TESTCASES}/inventory.json`]:
    CLI,
  [`npm run -s pmx -- normalize ntfy ${NTFY_TESTCASES}/ntfy/titled-test.json --inventory ${NTFY_TESTCASES}/inventory.json`]:
    CLI,

  'npm run -s pmx -- setup-target homelab --dry-run': setupTarget(
    'npm run -s pmx -- setup-target lab --dry-run',
  ),
  'npm run -s pmx -- setup-target homelab --token "$TOKEN"': setupTarget(
    'npm run -s pmx -- setup-target lab --token "$TOKEN"',
  ),
  'npm run -s pmx -- setup-target pbs1 --token "$TOKEN"': setupTarget(
    'npm run -s pmx -- setup-target pbs1 --token "$TOKEN"',
  ),
  'npm run -s pmx -- setup-target homelab --remove': setupTarget(
    'npm run -s pmx -- setup-target lab --remove',
  ),
  [`npm run -s pmx -- normalize email ${EMAIL_TESTCASES}/email/mdadm-fail.eml --inventory ${EMAIL_TESTCASES}/inventory.json`]:
    CLI,

  'docker compose up': COMPOSE_FILE,
  'docker compose --profile demo up': {
    by: 'test',
    file: 'apps/e2e/src/product/compose.ts',
    as: `'--profile', 'demo'`,
  },
  'docker compose up --scale ingest-syslog=3 --scale notifier=2': SCALED,
  'docker compose up all-in-one': COMPOSE_FILE,
  'docker compose logs token': { by: 'test', file: 'apps/e2e/src/product/compose.ts', as: `'logs', 'token'` },
  'docker compose run --rm token cli.mjs token create --name alice --scope read': COMPOSE_FILE,
  'docker compose run --rm token cli.mjs token list': COMPOSE_FILE,

  'pvesh create /cluster/notifications/endpoints/webhook *': { ...TARGET, as: 'pvesh create' },
  'proxmox-backup-manager notification endpoint webhook create *': { ...TARGET, as: 'webhook create' },
  'pvesh *': FACTS,
  'pveum *': FACTS,
  'pvenode *': FACTS,
  'proxmox-backup-manager *': FACTS,
  'apt install rsyslog': { by: 'nothing', reason: 'Debian on the Proxmox host' },
  'systemctl restart rsyslog': { by: 'nothing', reason: 'Debian on the Proxmox host' },
};

/** How a command is proved; `undefined` when nobody said. The whole text wins over a beginning, a longer beginning over a shorter. */
export function proofOf(command: string): Proof | undefined {
  const exact = DOC_COMMANDS[command];
  if (exact !== undefined) return exact;
  const beginning = Object.keys(DOC_COMMANDS)
    .filter((key) => key.endsWith(' *') && command.startsWith(key.slice(0, -1)))
    .sort((a, b) => b.length - a.length)[0];
  return beginning === undefined ? undefined : DOC_COMMANDS[beginning];
}
