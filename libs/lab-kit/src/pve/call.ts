import type { RawParameters } from '../http/parameters.ts';
import type { LabGuest, LabNode } from '../world/pve-model.ts';
import type { PveSite } from '../world/pve-site.ts';
import type { PbsBackupStart } from '../world/vzdump.ts';
import { ApiError } from './api-error.ts';
import { denied } from './permissions.ts';

/** Data with a `total` beside it. */
export class Paged {
  readonly data: unknown;
  readonly total: number | undefined;

  /** @param total left out of the answer when undefined, as PVE does when a filter leaves nothing. */
  constructor(data: unknown, total: number | undefined) {
    this.data = data;
    this.total = total;
  }
}

/** An answer that is not JSON. */
export class PlainText {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(text: string, headers: Readonly<Record<string, string>> = {}) {
    this.text = text;
    this.headers = headers;
  }
}

/** Things of the lab around one site that handlers may need. */
export interface LabHooks {
  /** Starts a backup to a PBS storage's datastore, if the lab has that PBS. */
  readonly onPbsBackup: PbsBackupStart | undefined;
}

/** One verified call of the PVE API. */
export class Call {
  readonly site: PveSite;
  /** Node that received the request. */
  readonly local: LabNode;
  readonly authid: string;
  readonly hooks: LabHooks;
  readonly #parameters: RawParameters;

  constructor(options: {
    site: PveSite;
    local: LabNode;
    authid: string;
    parameters: RawParameters;
    hooks: LabHooks;
  }) {
    this.site = options.site;
    this.local = options.local;
    this.authid = options.authid;
    this.hooks = options.hooks;
    this.#parameters = options.parameters;
  }

  /** Login without the token's name. */
  get userid(): string {
    return this.authid.split('!')[0] ?? this.authid;
  }

  has(path: string, priv: string): boolean {
    return this.site.access.has(this.authid, path, priv);
  }

  /** @throws {ApiError} 403 naming path and privilege. */
  require(path: string, priv: string): void {
    if (!this.has(path, priv)) throw denied(`${path}, ${priv}`);
  }

  text(name: string): string | undefined {
    const value = this.#parameters[name];
    if (typeof value === 'string') return value;
    return Array.isArray(value) ? value[0] : undefined;
  }

  list(name: string): string[] {
    const value = this.#parameters[name];
    const all = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
    return all.flatMap((v) => v.split(/[,; ]+/)).filter((v) => v !== '');
  }

  /** Every value of a parameter that may be repeated, as given. */
  values(name: string): string[] {
    const value = this.#parameters[name];
    return typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
  }

  int(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : Number(value);
  }

  flag(name: string): boolean {
    return this.text(name) === '1';
  }

  names(): string[] {
    return Object.keys(this.#parameters);
  }

  /** The node of the path. */
  node(): LabNode {
    const name = this.text('node') ?? this.local.name;
    return this.site.node(name === 'localhost' ? this.local.name : name);
  }

  /** The guest of the path, asked as `kind` on its own node. @throws {ApiError} 500, as PVE says a missing config. */
  guest(kind: 'qemu' | 'lxc'): LabGuest {
    const vmid = Number(this.text('vmid'));
    const node = this.node();
    const guest = this.site.guests.get(vmid);
    if (guest === undefined || guest.kind !== kind || guest.node !== node.name) {
      const folder = kind === 'qemu' ? 'qemu-server' : 'lxc';
      throw new ApiError(
        500,
        `Configuration file 'nodes/${node.name}/${folder}/${vmid}.conf' does not exist`,
      );
    }
    return guest;
  }

  /** @throws {ApiError} 500 when the cluster may not be written to. */
  requireQuorum(): void {
    if (!this.site.isQuorate()) throw new ApiError(500, 'cluster not ready - no quorum?');
  }
}

/** Answers one method of one path: plain data, or `Paged`, or `PlainText`, or a promise of one. Throws `ApiError`. */
export type Handler = (call: Call) => unknown;

/** `GET /cluster/resources` → handler. */
export type Routes = Readonly<Record<string, Handler>>;
