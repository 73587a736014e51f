import type { HostAuth, HostTls, Product } from '@proxmox-mcp/schemas';
import { bool, list, oneOf } from './fields.ts';
import type { SettingFault } from './faults.ts';
import type { HostConfig } from './host.ts';
import { valueOf, type Environment } from './environment.ts';

const DEFAULT_PORT: Readonly<Record<Product, number>> = { pve: 8006, pbs: 8007 };
/** Parts of a host's variables, after its name. */
export const HOST_SUFFIXES = [
  'HOST',
  'USER',
  'TOKEN_NAME',
  'TOKEN_VALUE',
  'PASSWORD',
  'FINGERPRINT',
  'VERIFY_SSL',
  'CA_FILE',
] as const;
const PINNED = /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/;

/** What the host settings come to. */
export interface HostSettings {
  readonly hosts: readonly HostConfig[];
  /** Names of the variables that were meant for hosts, so that the check for misspelt keys knows them. */
  readonly usedKeys: ReadonlySet<string>;
}

/** Upper case, `-` → `_`: `pve-edge` is configured by `PVE_EDGE_HOST`. */
export function envName(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

/** Reads LAB_CONFIGURATION, the standalone hosts and the clusters (CONTRACT §5). Adds what is wrong to `faults`. */
export function readHosts(env: Environment, faults: SettingFault[]): HostSettings {
  const reader = new HostReader(env, faults);
  const layout = reader.enum('LAB_CONFIGURATION', ['STANDALONE', 'CLUSTERED', 'MIXED']);
  const hosts: HostConfig[] = [];
  for (const product of ['pve', 'pbs'] as const) {
    const prefix = product.toUpperCase();
    const names = reader.list(`${prefix}_NODES`);
    const cluster = reader.text(`${prefix}_CLUSTER_NAME`);
    const primary = reader.text(`${prefix}_CLUSTER_PRIMARY_HOST`);
    if (layout === 'CLUSTERED' && names.length > 0) {
      reader.fault(
        `${prefix}_NODES`,
        'names standalone hosts, but LAB_CONFIGURATION is CLUSTERED; use MIXED to read both',
      );
    } else if (layout === 'STANDALONE' && (cluster ?? primary) !== undefined) {
      reader.fault(
        `${prefix}_CLUSTER_NAME`,
        'names a cluster, but LAB_CONFIGURATION is STANDALONE; use CLUSTERED or MIXED',
      );
    }
    for (const name of names) {
      const host = reader.host(product, name, `${envName(name)}_`, 'standalone');
      if (host !== undefined) hosts.push(host);
    }
    if (cluster !== undefined || primary !== undefined) {
      const name = cluster ?? `${product}-cluster`;
      const host = reader.host(product, name, `${prefix}_CLUSTER_PRIMARY_`, 'cluster');
      const subnodes = reader.list(`${prefix}_CLUSTER_SUBNODES`).flatMap((subnode) => {
        const key = `${envName(subnode)}_HOST`;
        const address = reader.text(key);
        if (address === undefined)
          reader.fault(key, `missing: ${subnode} is listed in ${prefix}_CLUSTER_SUBNODES`);
        const endpoint = address === undefined ? undefined : reader.endpoint(product, key, address);
        return endpoint === undefined ? [] : [endpoint];
      });
      if (host !== undefined) hosts.push({ ...host, endpoints: [...host.endpoints, ...subnodes] });
    }
  }
  const seen = new Set<string>();
  for (const host of hosts) {
    if (seen.has(host.name))
      reader.fault(`${host.product.toUpperCase()}_NODES`, `the name ${host.name} is used twice`);
    seen.add(host.name);
  }
  return { hosts, usedKeys: reader.used };
}

class HostReader {
  readonly used = new Set<string>();
  private readonly env: Environment;
  private readonly faults: SettingFault[];

  constructor(env: Environment, faults: SettingFault[]) {
    this.env = env;
    this.faults = faults;
  }

  fault(key: string, message: string): void {
    this.faults.push({ key, message });
  }

  text(key: string): string | undefined {
    this.used.add(key);
    this.used.add(`${key}_FILE`);
    return valueOf(this.env, key, this.faults)?.trim();
  }

  list(key: string): string[] {
    const value = this.text(key);
    return value === undefined
      ? []
      : list()
          .parse(value)
          .map((item) => item.toLowerCase());
  }

  enum<const T extends readonly [string, ...string[]]>(key: string, words: T): T[number] | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const parsed = oneOf(words).safeParse(value);
    if (parsed.success) return parsed.data;
    this.fault(key, `expected one of ${words.join(', ')}`);
    return undefined;
  }

  flag(key: string): boolean | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const parsed = bool().safeParse(value);
    if (parsed.success) return parsed.data;
    this.fault(key, parsed.error.issues[0]?.message ?? 'expected yes or no');
    return undefined;
  }

  host(product: Product, name: string, prefix: string, kind: HostConfig['kind']): HostConfig | undefined {
    const address = this.text(`${prefix}HOST`);
    if (address === undefined) this.fault(`${prefix}HOST`, `missing: the address of ${name}`);
    const endpoint = address === undefined ? undefined : this.endpoint(product, `${prefix}HOST`, address);
    const auth = this.auth(prefix, name);
    const tls = this.tls(prefix);
    if (endpoint === undefined || auth === undefined || tls === undefined) return undefined;
    return { name: name.toLowerCase(), product, endpoints: [endpoint], auth, tls, kind };
  }

  /** Host, host:port, [v6]:port or URL. */
  endpoint(product: Product, key: string, address: string): { host: string; port: number } | undefined {
    const url = /^[a-z]+:\/\//i.test(address) ? address : `https://${address}`;
    if (!URL.canParse(url)) {
      this.fault(key, 'expected a host, host:port or https:// URL');
      return undefined;
    }
    const parsed = new URL(url);
    if (parsed.protocol !== 'https:') {
      this.fault(key, 'Proxmox speaks https only');
      return undefined;
    }
    if (parsed.username !== '' || parsed.password !== '') {
      this.fault(key, 'must not carry credentials');
      return undefined;
    }
    const host = parsed.hostname.replace(/^\[|\]$/g, '');
    // URL drops a port of 443, which nobody means here unless it was written.
    const written = /:443(?:\/|$)/.test(address) ? 443 : DEFAULT_PORT[product];
    return { host, port: parsed.port === '' ? written : Number(parsed.port) };
  }

  private auth(prefix: string, name: string): HostAuth | undefined {
    const user = this.text(`${prefix}USER`);
    const tokenName = this.text(`${prefix}TOKEN_NAME`);
    const secret = this.text(`${prefix}TOKEN_VALUE`);
    const password = this.text(`${prefix}PASSWORD`);
    if (secret !== undefined && password !== undefined) {
      this.fault(
        `${prefix}PASSWORD`,
        `set together with ${prefix}TOKEN_VALUE; keep one (the token is better)`,
      );
      return undefined;
    }
    // `root@pam!tok` may be written in either variable.
    const joined = [tokenName, user].find((value) => value?.includes('!'));
    const [joinedUser, joinedToken] = joined?.split('!', 2) ?? [];
    const realUser = joinedUser ?? user;
    if (realUser === undefined) {
      this.fault(`${prefix}USER`, `missing: the user of ${name}, as user@realm`);
      return undefined;
    }
    if (!/^[^\s:/!@]+@[A-Za-z][A-Za-z0-9.\-_]*$/.test(realUser)) {
      this.fault(`${prefix}USER`, 'expected user@realm, e.g. mcp@pve');
      return undefined;
    }
    if (password !== undefined) return { kind: 'password', user: realUser, password };
    if (secret === undefined) {
      this.fault(
        `${prefix}TOKEN_VALUE`,
        `missing: the secret of the API token of ${name} (or ${prefix}PASSWORD)`,
      );
      return undefined;
    }
    const realToken = joinedToken ?? tokenName;
    if (realToken === undefined) {
      this.fault(`${prefix}TOKEN_NAME`, `missing: the name of the API token of ${name}`);
      return undefined;
    }
    return { kind: 'token', user: realUser, tokenName: realToken, secret };
  }

  private tls(prefix: string): HostTls | undefined {
    const own = this.flag(`${prefix}VERIFY_SSL`);
    const verify = own ?? this.flag('VERIFY_SSL') ?? true;
    const fingerprint = this.text(`${prefix}FINGERPRINT`)?.toUpperCase();
    const caFile = this.text(`${prefix}CA_FILE`);
    if (fingerprint !== undefined) {
      const pins = list().parse(fingerprint);
      if (!pins.every((pin) => PINNED.test(pin))) {
        this.fault(`${prefix}FINGERPRINT`, 'expected SHA-256 fingerprints: 32 hex pairs joined by colons');
        return undefined;
      }
      if (own === false) {
        this.fault(`${prefix}VERIFY_SSL`, `says no, but ${prefix}FINGERPRINT pins the certificate; keep one`);
        return undefined;
      }
      return { kind: 'pin', fingerprint: pins.join(',') };
    }
    if (!verify) return { kind: 'insecure' };
    return { kind: 'verify', ...(caFile === undefined ? {} : { caFile }) };
  }
}
