import type { LabNotification } from './listener.ts';

/** A target of notifications.cfg as the API keeps it. */
export interface LabTarget {
  readonly name: string;
  readonly type: 'sendmail' | 'smtp' | 'gotify' | 'webhook';
  readonly origin: 'builtin' | 'user-created';
  /** Keys of the endpoint; secrets only by name. */
  readonly config: Record<string, string | string[]>;
  /** Values of its secrets and tokens: never told. */
  readonly secrets: Record<string, string>;
}

/** A matcher of notifications.cfg: which notifications go to which targets. */
export interface LabMatcher {
  readonly name: string;
  readonly origin: 'builtin' | 'user-created';
  readonly config: Record<string, string | string[]>;
}

/** Both are entities of one file, and share its names. */
export type LabEntity = LabTarget | LabMatcher;

/** The built-in target of a fresh host. */
export function mailToRoot(): LabTarget {
  return {
    name: 'mail-to-root',
    type: 'sendmail',
    origin: 'builtin',
    config: { comment: "Send mails to root@pam's email address", 'mailto-user': ['root@pam'] },
    secrets: {},
  };
}

/** The built-in matcher of a fresh host: PVE sends everything, PBS everything but successful prunes. */
export function defaultMatcher(product: 'pve' | 'pbs'): LabMatcher {
  const comment = 'Route all notifications to mail-to-root';
  const everything = { comment, mode: 'all', target: ['mail-to-root'] };
  const config =
    product === 'pve'
      ? everything
      : {
          ...everything,
          'match-severity': ['info'],
          'match-field': ['exact:type=prune'],
          'invert-match': '1',
        };
  return { name: 'default-matcher', origin: 'builtin', config };
}

export const isOn = (value: string | string[] | undefined): boolean => value === '1' || value === 'true';
const list = (value: string | string[] | undefined): string[] => [value ?? []].flat();

/** Whether a matcher lets a notification through. Calendars are kept and shown, and let everything through. */
export function matches({ config }: LabMatcher, notification: LabNotification): boolean {
  if (isOn(config['disable'])) return false;
  const rules = [
    ...list(config['match-severity']).map((words) => words.split(/[,; ]+/).includes(notification.severity)),
    ...list(config['match-field']).map((rule) => matchesField(rule, notification)),
  ];
  if (rules.length === 0) return true;
  const holds = config['mode'] === 'any' ? rules.includes(true) : !rules.includes(false);
  return holds !== isOn(config['invert-match']);
}

/** `exact:<field>=<value>` or `regex:<field>=<pattern>`, the exact one with several values by comma. */
export function readFieldRule(rule: string): { kind: string; field: string; value: string } | undefined {
  const [, kind, field, value] = /^(exact|regex):([A-Za-z0-9_-]{1,64})=(.*)$/s.exec(rule) ?? [];
  return kind === undefined || field === undefined || value === undefined
    ? undefined
    : { kind, field, value };
}

function matchesField(text: string, { fields }: LabNotification): boolean {
  const rule = readFieldRule(text);
  const said = rule === undefined ? undefined : fields[rule.field];
  if (rule === undefined || said === undefined) return false;
  return rule.kind === 'exact' ? rule.value.split(',').includes(said) : new RegExp(rule.value).test(said);
}
