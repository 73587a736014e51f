import type { NotificationKind } from '../notification.ts';
import { readTable } from '../table.ts';

interface PackageUpdate {
  readonly name: string;
  /** `null`: a package that was not installed before. */
  readonly installed: string | null;
  readonly available: string;
}

const TITLE = /^New software packages available \(([^()\s]{1,253})\)/;
const COLUMNS = ['Package Name', 'Installed Version', 'Available Version'];
const NAME = '[a-z0-9][a-z0-9+.-]{0,100}';
const CHANGED = new RegExp(`^\\s{0,8}(${NAME}): (\\S{1,200}) (?:->|==>) (\\S{1,200})\\s{0,8}$`);
const NEW = new RegExp(`^\\s{0,8}(${NAME}): (?:NEW, (\\S{1,200})|(\\S{1,200}) \\(new\\))\\s{0,8}$`);

/** Packages of a node that could be updated. PVE sends a table, PBS and PVE 7 one line per package. */
export const packageUpdates: NotificationKind = {
  name: 'package-updates',
  type: 'node.updates.available',
  recognises: ({ title, lines }) =>
    TITLE.test(title) ||
    (title === '' && lines.some((line) => line.trim() === 'The following updates are available:')),
  read({ title, lines }) {
    const host = TITLE.exec(title)?.[1];
    const packages = fromTable(lines) ?? fromLines(lines);
    return {
      evidence: packages.length > 0,
      ...(host === undefined ? {} : { node: host }),
      facts: packages.length === 0 ? {} : { count: packages.length, packages },
    };
  },
};

function fromTable(lines: readonly string[]): PackageUpdate[] | undefined {
  return readTable(lines, COLUMNS)?.rows.flatMap(([name = '', installed = '', available = '']) =>
    name === '' || available === ''
      ? []
      : [{ name, installed: installed === 'null' || installed === '' ? null : installed, available }],
  );
}

function fromLines(lines: readonly string[]): PackageUpdate[] {
  return lines.flatMap((line): PackageUpdate[] => {
    const changed = CHANGED.exec(line);
    if (changed?.[1] !== undefined && changed[2] !== undefined && changed[3] !== undefined) {
      return [{ name: changed[1], installed: changed[2], available: changed[3] }];
    }
    const added = NEW.exec(line);
    const available = added?.[2] ?? added?.[3];
    return added?.[1] === undefined || available === undefined
      ? []
      : [{ name: added[1], installed: null, available }];
  });
}
