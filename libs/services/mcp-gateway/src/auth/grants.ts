/** How much a principal may do, mildest first. Each tier includes those before it. */
export const TIERS = ['read', 'operate', 'change', 'destroy'] as const;
export type Tier = (typeof TIERS)[number];

/** Groups of tools that can be offered or left out (TOOLS §3). */
export const TOOLSETS = ['core', 'observe', 'events', 'notify'] as const;
export type Toolset = (typeof TOOLSETS)[number];

/** Who calls, and what they may see and do. Fixed for one request. */
export interface Principal {
  /** Identity: the token's id. Sessions are bound to it. */
  readonly id: string;
  /** The token's name, for people: who acknowledged an incident. */
  readonly name: string;
  readonly tier: Tier;
  readonly toolsets: ReadonlySet<Toolset>;
}

/** Whether `tier` includes what `needed` asks for. */
export function tierAllows(tier: Tier, needed: Tier): boolean {
  return TIERS.indexOf(tier) >= TIERS.indexOf(needed);
}

/** The smaller of two tiers. */
export function minTier(a: Tier, b: Tier): Tier {
  return tierAllows(a, b) ? b : a;
}

/** The highest tier among scope words; words that are no tier are ignored. `undefined` when none is. */
export function tierOfScopes(scopes: readonly string[]): Tier | undefined {
  return TIERS.findLast((tier) => scopes.includes(tier));
}

/**
 * Narrows a principal by the request headers `X-MCP-Toolsets` (list by comma) and `X-MCP-Readonly` (any value but 0 and
 * false). Headers never widen what the token grants.
 */
export function narrowByHeaders(
  principal: Principal,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Principal {
  const wanted = single(headers['x-mcp-toolsets']);
  const readonly = single(headers['x-mcp-readonly']);
  const names = wanted?.split(',', 20).map((name) => name.trim().toLowerCase());
  return {
    ...principal,
    tier:
      readonly !== undefined && !['0', 'false', ''].includes(readonly.toLowerCase())
        ? 'read'
        : principal.tier,
    toolsets:
      names === undefined
        ? principal.toolsets
        : new Set([...principal.toolsets].filter((toolset) => names.includes(toolset))),
  };
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
