import { readFile } from 'node:fs/promises';

/** Linux counts CPU in ticks of 10 ms (sysconf(_SC_CLK_TCK) is 100 everywhere it matters). */
const TICK_SECONDS = 0.01;

/** CPU a process has used, in seconds. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // After the name in parentheses, which may hold blanks, utime and stime are the 12th and 13th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_SECONDS;
}

/** Resident memory in megabytes of 2^20 bytes. */
export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s{1,20}(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1_024;
}
