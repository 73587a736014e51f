import { findNatsServer } from '@proxmox-mcp/bus/testing';
import { findNtfyServer } from '@proxmox-mcp/ingest-kit/testing';

const FINDERS: Readonly<Record<string, typeof findNatsServer>> = {
  'nats-server': findNatsServer,
  ntfy: findNtfyServer,
};

/**
 * Prints the path of a server that tests run beside them, `nats-server` (the default) or `ntfy`, fetching Debian's into `.cache` if
 * there is none. Exit 1: none can be had.
 */
const name = process.argv[2] ?? 'nats-server';
const found = (await FINDERS[name]?.(process.env)) ?? {
  reason: `unknown ${name}; there are ${Object.keys(FINDERS).join(', ')}`,
};
if ('path' in found) {
  console.log(found.path);
  console.error(`${name} ${found.version}`);
} else {
  console.error(found.reason);
  process.exitCode = 1;
}
