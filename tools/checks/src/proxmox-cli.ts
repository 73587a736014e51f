/** A command of a Proxmox host, as far as our pages use it. */
export interface CliFact {
  readonly words: string;
  /** What stands between the words and the options. */
  readonly positional: readonly string[];
  /** Parameters of the API method behind it; those with a list take only its words. */
  readonly options: Readonly<Record<string, true | readonly string[]>>;
  /** Options without which the method refuses. */
  readonly required?: readonly string[];
}

const METHOD = ['post', 'put', 'get'] as const;
const matcher = {
  comment: true,
  disable: true,
  'invert-match': true,
  'match-calendar': true,
  'match-field': true,
  'match-severity': true,
  mode: ['all', 'any'],
  target: true,
} as const;
const webhook = {
  body: true,
  comment: true,
  disable: true,
  header: true,
  method: METHOD,
  secret: true,
  url: true,
} as const;
const gotify = { comment: true, disable: true, server: true, token: true } as const;

const smtp = {
  author: true,
  comment: true,
  disable: true,
  'from-address': true,
  mailto: true,
  'mailto-user': true,
  mode: ['insecure', 'starttls', 'tls'],
  password: true,
  port: true,
  server: true,
  username: true,
} as const;

/**
 * Facts copied from the API viewers of PVE 9.2 (the webhook and matcher rows are the same in 8.4) and PBS 4.2: the tools of a host take the
 * parameters of the API method of the same purpose as options. The PVE method is named beside each.
 */
export const PROXMOX_CLI: readonly CliFact[] = [
  // POST /access/users
  {
    words: 'pveum user add',
    positional: ['userid'],
    options: { comment: true, email: true, enable: true, expire: true, groups: true, password: true },
  },
  // POST /access/roles
  { words: 'pveum role add', positional: ['roleid'], options: { privs: true } },
  // PUT /access/acl
  {
    words: 'pveum acl modify',
    positional: ['path'],
    options: { groups: true, propagate: ['0', '1'], roles: true, tokens: true, users: true },
    required: ['roles'],
  },
  // POST /access/users/{userid}/token/{tokenid}
  {
    words: 'pveum user token add',
    positional: ['userid', 'tokenid'],
    options: { comment: true, expire: true, privsep: ['0', '1'] },
  },
  // GET /nodes/{node}/certificates/info
  {
    words: 'pvenode cert info',
    positional: [],
    options: { 'output-format': ['text', 'json', 'json-pretty', 'yaml'] },
  },
  // POST of the path itself
  {
    words: 'pvesh create /cluster/notifications/endpoints/webhook',
    positional: [],
    options: { name: true, ...webhook },
    required: ['name', 'method', 'url'],
  },
  {
    words: 'pvesh create /cluster/notifications/endpoints/gotify',
    positional: [],
    options: { name: true, ...gotify },
    required: ['name', 'server', 'token'],
  },
  {
    words: 'pvesh create /cluster/notifications/endpoints/smtp',
    positional: [],
    options: { name: true, ...smtp },
    required: ['name', 'server', 'from-address'],
  },
  {
    words: 'pvesh create /cluster/notifications/matchers',
    positional: [],
    options: { name: true, ...matcher },
    required: ['name'],
  },
  { words: 'pvesh create /cluster/notifications/targets/proxmox-mcp/test', positional: [], options: {} },
  { words: 'pvesh create /cluster/notifications/targets/proxmox-mcp-mail/test', positional: [], options: {} },
  // POST /access/users
  {
    words: 'proxmox-backup-manager user create',
    positional: ['userid'],
    options: {
      comment: true,
      email: true,
      enable: true,
      expire: true,
      firstname: true,
      lastname: true,
      password: true,
    },
  },
  // PUT /access/acl
  {
    words: 'proxmox-backup-manager acl update',
    positional: ['path', 'role'],
    options: { 'auth-id': true, delete: true, digest: true, group: true, propagate: true },
  },
  // POST /access/users/{userid}/token/{token-name}
  {
    words: 'proxmox-backup-manager user generate-token',
    positional: ['userid', 'token-name'],
    options: { comment: true, digest: true, enable: true, expire: true },
  },
  { words: 'proxmox-backup-manager cert info', positional: [], options: {} },
  // POST /config/notifications/endpoints/webhook
  {
    words: 'proxmox-backup-manager notification endpoint webhook create',
    positional: ['name'],
    options: webhook,
    required: ['method', 'url'],
  },
  // POST /config/notifications/endpoints/gotify
  {
    words: 'proxmox-backup-manager notification endpoint gotify create',
    positional: ['name'],
    options: gotify,
    required: ['server', 'token'],
  },
  // POST /config/notifications/endpoints/smtp
  {
    words: 'proxmox-backup-manager notification endpoint smtp create',
    positional: ['name'],
    options: smtp,
    required: ['server', 'from-address'],
  },
  // POST /config/notifications/matchers
  { words: 'proxmox-backup-manager notification matcher create', positional: ['name'], options: matcher },
  // POST /config/notifications/targets/{name}/test
  { words: 'proxmox-backup-manager notification target test', positional: ['name'], options: {} },
];

/** Roles of PBS that `acl update` takes. */
export const PBS_ROLES: readonly string[] = [
  'Admin',
  'Audit',
  'NoAccess',
  'DatastoreAdmin',
  'DatastoreReader',
  'DatastoreBackup',
  'DatastorePowerUser',
  'DatastoreAudit',
  'RemoteAudit',
  'RemoteAdmin',
  'RemoteSyncOperator',
  'RemoteSyncPushOperator',
  'RemoteDatastorePowerUser',
  'RemoteDatastoreAdmin',
  'TapeAudit',
  'TapeAdmin',
  'TapeOperator',
  'TapeReader',
];

/** What is wrong with a command of a Proxmox host; empty when nothing is. */
export function faultsOf(command: string): string[] {
  const fact = PROXMOX_CLI.filter(({ words }) => `${command} `.startsWith(`${words} `)).sort(
    (a, b) => b.words.length - a.words.length,
  )[0];
  if (fact === undefined) return [`no known command of a Proxmox host: ${command}`];
  const words = splitWords(command.slice(fact.words.length));
  const firstOption = words.findIndex((word) => word.startsWith('--'));
  const positional = firstOption < 0 ? words : words.slice(0, firstOption);
  const options = firstOption < 0 ? [] : pairs(words.slice(firstOption));
  const given = options.map(([name]) => name);
  return [
    ...(positional.length === fact.positional.length
      ? []
      : [`expected ${fact.positional.join(', ') || 'nothing'} before the options`]),
    ...options.flatMap(([name, value]) => optionFault(fact, name, value)),
    ...(fact.required ?? []).filter((name) => !given.includes(name)).map((name) => `--${name} is missing`),
    ...(fact.words.endsWith('acl update') && !PBS_ROLES.includes(positional[1] ?? '')
      ? ['no such role']
      : []),
  ];
}

function optionFault(fact: CliFact, name: string, value: string): string[] {
  const allowed = fact.options[name];
  if (allowed === undefined) return [`--${name} is no option of ${fact.words}`];
  if (value === '') return [`--${name} has no value`];
  return allowed === true || allowed.includes(value) ? [] : [`--${name} takes ${allowed.join(', ')}`];
}

function pairs(words: readonly string[]): [string, string][] {
  return words.flatMap((word, index): [string, string][] => {
    if (!word.startsWith('--')) return [];
    const next = words[index + 1];
    return [[word.slice(2), next === undefined || next.startsWith('--') ? '' : next]];
  });
}

/** Words of a shell line; what stands in quotes, and in `$(…)` within double quotes, is one. */
function splitWords(line: string): string[] {
  return line.match(/(?:"(?:\$\([^)]*\)|[^"])*"|'[^']*'|[^\s"'])+/g) ?? [];
}
