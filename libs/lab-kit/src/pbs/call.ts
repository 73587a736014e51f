import type { RawParameters } from '../http/parameters.ts';
import type { PbsSite } from '../world/pbs-site.ts';

/** One call of the PBS API. */
export interface PbsCall {
  readonly site: PbsSite;
  readonly authid: string;
  readonly path: Readonly<Record<string, string>>;
  readonly parameters: RawParameters;
  /** Whether the caller has any of the privileges on the path. */
  has(where: string, ...privs: string[]): boolean;
  require(where: string, ...privs: string[]): void;
  fail(status: number, text: string): Error;
}

/** What is answered. */
export interface PbsResult {
  readonly data: unknown;
  readonly total?: number;
}

/** Answers a call; throws what `fail` makes. */
export type PbsHandler = (call: PbsCall) => PbsResult | Promise<PbsResult>;

/** A path as a pattern with named groups, and its methods. */
export interface PbsRoute {
  readonly pattern: RegExp;
  readonly methods: Readonly<Record<string, PbsHandler>>;
}

/** A parameter that was given once. */
export const text = (call: PbsCall, name: string) => {
  const value = call.parameters[name];
  return typeof value === 'string' ? value : undefined;
};

/** @throws {PbsError} 400 when it is no whole number. */
export const int = (call: PbsCall, name: string) => {
  const value = text(call, name);
  if (value === undefined) return undefined;
  if (!/^-?\d+$/.test(value))
    throw call.fail(400, `parameter verification failed - '${name}': invalid digit found in string`);
  return Number(value);
};

/** PBS takes true as well as 1. */
export const flag = (call: PbsCall, name: string) =>
  ['1', 'true', 'yes', 'on'].includes(text(call, name) ?? '');
