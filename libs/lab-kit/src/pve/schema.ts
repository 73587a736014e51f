import { API_SCHEMA } from './api-schema.ts';

/** One parameter; see `api-schema.ts` for the letters. */
export interface ParameterSchema {
  readonly t?: 'integer' | 'boolean' | 'number' | 'array' | 'object';
  readonly o?: 1;
  readonly e?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly f?: string;
  readonly nl?: number;
  readonly xl?: number;
  readonly i?: string;
}

/** `["perm", path, [privs], "any", 1]`, `["or", …]`, `["and", …]`, `["userid-param", "self"]`… */
export type PermissionCheck = readonly unknown[];

/** What a method takes and who may call it. */
export interface MethodSchema {
  readonly p?: Readonly<Record<string, ParameterSchema>>;
  readonly any?: 1;
  readonly perm?: PermissionCheck;
  readonly world?: 1;
  readonly root?: 1;
  readonly notoken?: 1;
  readonly proxyto?: string;
  readonly protected?: 1;
  readonly ret?: string;
}

/** The methods of a path, and its children. */
export interface PathSchema {
  readonly kids?: readonly string[];
  readonly GET?: MethodSchema;
  readonly POST?: MethodSchema;
  readonly PUT?: MethodSchema;
  readonly DELETE?: MethodSchema;
}

interface Branch {
  readonly literal: Map<string, Branch>;
  parameter?: { name: string; branch: Branch };
  template?: string;
  text?: string;
  schema?: PathSchema;
}

/** A path found in the schema, with its parameters decoded. */
export interface RouteMatch {
  /** `/nodes/{node}/qemu/{vmid}/config`. */
  readonly template: string;
  readonly schema: PathSchema;
  readonly parameters: Record<string, string>;
}

const newBranch = (): Branch => ({ literal: new Map() });

/** Finds paths of the PVE API. The schema of a path is parsed when it is first asked for. */
export class ApiSchema {
  readonly #root = newBranch();

  constructor() {
    for (const text of API_SCHEMA) {
      const template = text.slice(2, text.indexOf('"', 2));
      let branch = this.#root;
      for (const part of template.split('/').filter((p) => p !== '')) {
        if (part.startsWith('{'))
          branch = (branch.parameter ??= { name: part.slice(1, -1), branch: newBranch() }).branch;
        else {
          const next = branch.literal.get(part) ?? newBranch();
          branch.literal.set(part, next);
          branch = next;
        }
      }
      branch.template = template;
      branch.text = text;
    }
  }

  /** Segments must not be decoded yet: an encoded slash belongs to its segment. */
  match(segments: readonly string[]): RouteMatch | undefined {
    const parameters: Record<string, string> = {};
    let branch = this.#root;
    for (const segment of segments) {
      const decoded = decode(segment);
      const literal = branch.literal.get(decoded);
      if (literal !== undefined) branch = literal;
      else if (branch.parameter !== undefined) {
        parameters[branch.parameter.name] = decoded;
        branch = branch.parameter.branch;
      } else return undefined;
    }
    if (branch.text === undefined || branch.template === undefined) return undefined;
    // Every text is `["template", schema]`, written by the same generator that documents the letters.
    branch.schema ??= (JSON.parse(branch.text) as [string, PathSchema])[1];
    return { template: branch.template, schema: branch.schema, parameters };
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
