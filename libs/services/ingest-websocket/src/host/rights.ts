import type { AccessReport } from '@proxmox-mcp/proxmox-client';

/** What the latest access check of a host found, for those whose calls depend on it. */
export interface Rights {
  learn(report: Pick<AccessReport, 'capabilities' | 'missing'>): void;
  /** How many checks there have been: tells whether what is known is newer than something else. */
  checks(): number;
  /** `undefined`: not checked yet, or not a capability of this product. */
  isGranted(capability: string): boolean | undefined;
  /** The access check has already told what is missing: saying it again for each call would be noise. */
  isNamed(capability: string): boolean;
  /** The same, for what a refusal says is missing. */
  areNamed(privileges: readonly string[]): boolean;
}

/** Rights nobody has checked yet. */
export function createRights(): Rights {
  let granted = new Map<string, boolean>();
  let missing: Pick<AccessReport, 'missing'>['missing'] = [];
  let checks = 0;
  return {
    checks: () => checks,
    learn(report) {
      checks++;
      granted = new Map(report.capabilities.map(({ name, isGranted }) => [name, isGranted]));
      missing = report.missing;
    },
    isGranted: (capability) => granted.get(capability),
    isNamed: (capability) => missing.some(({ name }) => name === capability),
    areNamed: (privileges) =>
      missing.some((one) => one.missing.some((privilege) => privileges.includes(privilege))),
  };
}
