import { textTable } from './table.ts';

/** A package that can be updated; no `installed` for one that is new. */
export interface PackageUpdateRow {
  readonly name: string;
  readonly installed?: string;
  readonly available: string;
}

/** PVE's `package-updates` template. */
export function renderPvePackageUpdates(
  fqdn: string,
  rows: readonly PackageUpdateRow[],
): { title: string; body: string } {
  const table = textTable(
    ['Package Name', 'Installed Version', 'Available Version'],
    rows.map((r) => [r.name, r.installed ?? 'null', r.available]),
  );
  return {
    title: `New software packages available (${fqdn}) `,
    body: `The following updates are available:\n\n${table}\n\n`,
  };
}

/** PBS's `package-updates` template. */
export function renderPbsPackageUpdates(
  hostname: string,
  rows: readonly PackageUpdateRow[],
): { title: string; body: string } {
  const lines = rows.map(
    (r) =>
      `    ${r.name}: ${r.installed === undefined ? `NEW, ${r.available}` : `${r.installed} -> ${r.available}`}`,
  );
  return {
    title: `New software packages available (${hostname}) `,
    body: `Proxmox Backup Server has the following updates available:\n\n${lines.join('\n')}\n\nTo upgrade visit the web interface:\n`,
  };
}

/** The `test` template of both products; it has no fields at all. */
export function renderTest(target: string): { title: string; body: string } {
  return { title: 'Test notification ', body: `This is a test of the notification target '${target}'.\n` };
}
