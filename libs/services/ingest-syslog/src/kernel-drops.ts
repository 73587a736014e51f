import { readFile } from 'node:fs/promises';

const TABLES = { udp4: '/proc/net/udp', udp6: '/proc/net/udp6' } as const;

/**
 * Datagrams that Linux threw away because the receive buffer of a UDP port was full; nothing else tells of them.
 *
 * @returns `undefined` where there is no such table: outside Linux.
 */
export async function readKernelDrops(
  family: keyof typeof TABLES,
  port: number,
): Promise<number | undefined> {
  try {
    return dropsIn(await readFile(TABLES[family], 'utf8'), port);
  } catch {
    return undefined;
  }
}

/** Reads the last column of the port's rows (proc_net_udp: `sl local_address … drops`). */
export function dropsIn(table: string, port: number): number | undefined {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let drops: number | undefined;
  for (const row of table.split('\n').slice(1)) {
    const columns = row.trim().split(/ {1,40}/);
    if (columns[1]?.endsWith(ending) === true) drops = (drops ?? 0) + Number(columns.at(-1));
  }
  return drops !== undefined && Number.isFinite(drops) ? drops : undefined;
}
