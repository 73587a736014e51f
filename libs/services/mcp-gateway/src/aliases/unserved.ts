import { ToolError } from '../tools/tool-error.ts';
import { VERSION } from '../version.ts';

/** What the predecessor could be asked and this version does not do: which tool will, and what to use meanwhile. */
const UNSERVED = {
  power: {
    what: 'changes no guests',
    by: 'guest_power (tier operate)',
    hint: 'guest_get shows the status and config of a guest',
  },
  force: {
    what: 'changes no guests',
    by: 'guest_force_stop (tier destroy)',
    hint: 'guest_get shows the status and config of a guest',
  },
  diagnose: {
    what: 'runs no diagnosis on demand',
    by: 'diagnose (tier read)',
    hint: 'incidents_query shows the causes found for open problems',
  },
  connectivity: {
    what: 'tests no connection on demand',
    by: 'diagnose (tier read)',
    hint: 'fleet_overview names the hosts and sources that do not answer, in degraded; "proxmox-mcp test-connection" tests them from the shell',
  },
} as const;
type Unserved = keyof typeof UNSERVED;

/** The predecessor's names that nothing of this version answers. */
const NAMES: ReadonlyMap<string, Unserved> = new Map([
  ['start_vm', 'power'],
  ['stop_vm', 'power'],
  ['run_diagnostic', 'diagnose'],
  ['test_connectivity', 'connectivity'],
]);

/** Says plainly that this version does not do it. @throws {ToolError} always, `unsupported_version`. */
export function refuseUnserved(reason: Unserved): never {
  const { what, by, hint } = UNSERVED[reason];
  const message = `version ${VERSION} ${what}: ${by} comes with a later version`;
  throw new ToolError('unsupported_version', message, { hint });
}

/** Does nothing for a name that the predecessor did not have either. @throws {ToolError} `unsupported_version`. */
export function refuseUnservedName(name: string): void {
  const reason = NAMES.get(name);
  if (reason !== undefined) refuseUnserved(reason);
}
