import type { DemoLab } from '@proxmox-mcp/lab-kit';
import type { Front } from './front.ts';

/** A spoiled host, and how it must be told of. */
export interface Trouble {
  readonly what: string;
  begin(host: Spoiled): Promise<void> | void;
  end(host: Spoiled): Promise<void> | void;
  readonly reason: string;
  /** Status of the source. */
  readonly status: 'down' | 'degraded';
  /** In the fix that the fleet overview gives, and in the line of `test-connection`. */
  readonly fix: RegExp;
}

/** A host of the lab behind a front. */
export interface Spoiled {
  readonly name: 'edge' | 'pbs1';
  readonly front: Front;
  readonly access: DemoLab['lab']['pbs']['access'];
}

const mood = (name: Parameters<Front['be']>[0]) => ({
  begin: ({ front }: Spoiled) => front.be(name),
  end: ({ front }: Spoiled) => front.be('fine'),
});
/** Takes something away from a host, and gives each back its own. */
function taking<T>(
  read: (host: Spoiled) => T,
  write: (host: Spoiled, value: T) => void,
  nothing: T,
): Pick<Trouble, 'begin' | 'end'> {
  const taken = new Map<Spoiled, T>();
  return {
    begin(host) {
      taken.set(host, read(host));
      write(host, nothing);
    },
    end(host) {
      const value = taken.get(host);
      if (value !== undefined) write(host, value);
    },
  };
}

/** What can be wrong with a host, each in its own way of being told. */
export const TROUBLES: readonly Trouble[] = [
  { what: 'refuses connections', ...mood('refuses'), reason: 'unreachable', status: 'down', fix: /_HOST/ },
  {
    what: 'takes connections and never answers',
    ...mood('hangs'),
    reason: 'timeout',
    status: 'down',
    fix: /_HOST/,
  },
  {
    what: 'does not even shake hands',
    ...mood('is-silent'),
    reason: 'unreachable',
    status: 'down',
    fix: /_HOST/,
  },
  {
    what: 'has a new certificate',
    ...mood('new-certificate'),
    reason: 'tls',
    status: 'down',
    fix: /_FINGERPRINT=([0-9A-F]{2}:){31}[0-9A-F]{2}/,
  },
  { what: 'answers the page of a proxy', ...mood('html'), reason: 'not-json', status: 'down', fix: /_HOST/ },
  {
    what: 'knows the token no more',
    ...taking(
      ({ access }) => [...access.tokens],
      ({ access }, tokens) => {
        access.tokens.clear();
        for (const [id, token] of tokens) access.tokens.set(id, token);
      },
      [],
    ),
    reason: 'auth',
    status: 'down',
    fix: /_TOKEN_VALUE/,
  },
  {
    what: 'gives the token no rights any more',
    ...taking(
      ({ access }) => access.acl,
      ({ access }, acl) => void (access.acl = acl),
      [],
    ),
    reason: 'privilege',
    status: 'degraded',
    fix: /^.*(pveum|proxmox-backup-manager) acl/m,
  },
];
